// In the manner of programs for Node and edge functions: FormData with the file first, a blob
// without an extension labelled image/jpeg, a Content-Type on GETs, camelCase settings, and a
// download_url that must lead to the same origin.
//
//   node form_data.mjs BASE_URL KEY INPUT OUTPUT
import { readFile, writeFile } from "node:fs/promises";

const STATES = new Set(["Pending", "Processing", "Completed", "Cancelled", "Failed"]);
const [base, key, source, target] = process.argv.slice(2);
const headers = { "X-API-KEY": key, "Content-Type": "application/json" };

async function get(path) {
  const answer = await fetch(`${base}${path}`, { headers });
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.json()).message}`);
  return answer.json();
}

const form = new FormData();
form.append("image", new Blob([await readFile(source)], { type: "image/jpeg" }));
form.append("outputHeight", "96");
form.append("outputFormat", "tiff");
form.append("faceEnhancementStrength", "0.8");
form.append("cropToFill", "false");
form.append("creativity", "2");
const submitted = await fetch(`${base}/image/v1/enhance-gen/async`, {
  method: "POST",
  headers: { "x-api-key": key, accept: "application/json" },
  body: form,
});
if (!submitted.ok) throw new Error(`submit: ${submitted.status} ${await submitted.text()}`);
const id = submitted.headers.get("X-Process-ID");
if (id !== (await submitted.json()).process_id) throw new Error("header and body disagree");

let status = "";
for (let tries = 0; status !== "Completed"; tries++) {
  if (tries > 300) throw new Error("timed out");
  await new Promise((resolve) => setTimeout(resolve, 100));
  ({ status } = await get(`/image/v1/status/${id}`));
  if (!STATES.has(status)) throw new Error(`what is ${status}?`);
  if (status === "Failed" || status === "Cancelled") throw new Error(status);
}

const { download_url: url } = await get(`/image/v1/download/${id}`);
if (new URL(url).origin !== new URL(base).origin) throw new Error(`another origin: ${url}`);
const result = await fetch(url);
if (!result.ok || result.headers.get("content-type") !== "image/tiff") throw new Error("no TIFF");
await writeFile(target, Buffer.from(await result.arrayBuffer()));
