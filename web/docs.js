// Shows openapi.json. Everything is put in as text: nothing of the document becomes markup.
"use strict";

const METHODS = ["get", "post", "delete"];

/** An element with text or children. */
function element(name, content = [], attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...(Array.isArray(content) ? content : [content]));
  return made;
}

/** What a $ref stands for. */
function resolve(spec, value) {
  if (!value || !value.$ref) return value;
  return value.$ref.slice(2).split("/").reduce((node, key) => node[key], spec);
}

/** "integer, 1 to 9", "one of a, b", "Error". */
function typeText(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeText).join(" or ");
  if (schema.enum) return "one of " + schema.enum.join(", ");
  if (schema.type === "array") return "array of " + typeText(schema.items);
  let text = schema.format === "binary" ? "file" : schema.type || "";
  if (schema.format === "uuid" || schema.format === "uri") text += " (" + schema.format + ")";
  if (schema.minimum !== undefined && schema.maximum !== undefined) text += `, ${schema.minimum} to ${schema.maximum}`;
  if (schema.maxLength !== undefined) text += `, at most ${schema.maxLength} characters`;
  return text;
}

function table(heads, rows) {
  const head = element("thead", element("tr", heads.map((text) => element("th", text, { scope: "col" }))));
  const body = element("tbody", rows.map((cells) => element("tr", cells.map((cell) => element("td", cell)))));
  return element("div", element("table", [head, body]), { class: "table" });
}

function fieldRows(schema) {
  const required = schema.required || [];
  return Object.entries(schema.properties || {}).map(([name, field]) => [
    element("code", name),
    typeText(field) + (required.includes(name) ? ", required" : ""),
    field.default === undefined ? "" : String(field.default),
    field.description || "",
  ]);
}

function parametersOf(operation) {
  const rows = (operation.parameters || []).map((parameter) => [
    element("code", parameter.name),
    parameter.in + ", " + typeText(parameter.schema) + (parameter.required ? ", required" : ""),
    parameter.schema.default === undefined ? "" : String(parameter.schema.default),
    parameter.description || "",
  ]);
  return rows.length ? [element("h4", "Parameters"), table(["Name", "Type", "Default", "Meaning"], rows)] : [];
}

function bodyOf(spec, operation) {
  if (!operation.requestBody) return [];
  const content = operation.requestBody.content;
  const types = Object.keys(content);
  let schema = content[types[0]].schema;
  const isList = schema.type === "array";
  if (isList) schema = schema.items;
  const title = "Body: " + (isList ? "a list, each of these fields, as " : "") + types.join(", ");
  return [element("h4", title), table(["Field", "Type", "Default", "Meaning"], fieldRows(resolve(spec, schema)))];
}

function answersOf(spec, operation) {
  const rows = Object.entries(operation.responses).map(([status, given]) => {
    const answer = resolve(spec, given);
    const content = Object.entries(answer.content || {});
    const type = content.length === 0 ? "" : typeText(content[0][1].schema);
    return [element("code", status), type, answer.description];
  });
  return [element("h4", "Answers"), table(["Status", "Body", "Meaning"], rows)];
}

function operationElement(spec, method, path, operation) {
  const parts = [
    element("h3", element("code", method.toUpperCase() + " " + path), { id: operation.operationId }),
    element("p", operation.summary + "." + (operation.description ? " " + operation.description : "")),
    ...parametersOf(operation),
    ...bodyOf(spec, operation),
    ...answersOf(spec, operation),
  ];
  return element("article", parts);
}

function schemaElement(name, schema) {
  const isList = schema.type === "array";
  const item = isList ? schema.items : schema;
  const content = item.properties
    ? table(["Field", "Type", "Default", "Meaning"], fieldRows(item))
    : element("p", typeText(schema));
  return element("article", [element("h3", name + (isList ? " (list)" : ""), { id: "schema-" + name }), content]);
}

function show(spec) {
  document.getElementById("title").textContent = spec.info.title + " " + spec.info.version;
  document.getElementById("description").textContent = spec.info.description;
  const byTag = new Map();
  for (const [path, operations] of Object.entries(spec.paths)) {
    for (const method of METHODS.filter((name) => operations[name])) {
      const operation = operations[method];
      const tag = operation.tags[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push([method, path, operation]);
    }
  }
  const links = [];
  const sections = [];
  for (const [tag, entries] of byTag) {
    for (const [method, path, operation] of entries) {
      links.push(element("li", element("a", method.toUpperCase() + " " + path, { href: "#" + operation.operationId })));
    }
    sections.push(element("section", [element("h2", tag), ...entries.map(([method, path, operation]) => operationElement(spec, method, path, operation))]));
  }
  const schemas = Object.entries(spec.components.schemas).map(([name, schema]) => schemaElement(name, schema));
  sections.push(element("section", [element("h2", "Shapes"), ...schemas]));
  document.getElementById("contents").replaceChildren(element("ul", links));
  document.getElementById("routes").replaceChildren(...sections);
}

fetch("openapi.json")
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => {
    document.getElementById("routes").replaceChildren(element("p", "openapi.json could not be read: " + error.message));
  });
