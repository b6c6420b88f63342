#include "http/openapi_text.h"

namespace recover {

const std::string_view kOpenApiOperations = R"json({
"POST /image/v1/enhance-gen/async": {
  "operationId": "submitJob", "tags": ["Jobs"], "summary": "Submit a picture to be restored",
  "description": "Send exactly one of image, source_id and source_url. Fields may be written in snake_case or camelCase; unknown ones are ignored. The answer's headers repeat its body.",
  "responses": {
    "200": {"description": "The job is queued and its credits are reserved", "schema": "AsyncResponse",
      "headers": {"X-Process-ID": "The job's id", "X-Source-ID": "The input's id", "X-ETA": "Unix seconds of the expected finish"}},
    "402": "The key has too few credits left",
    "415": "The file is no picture that can be read, or the body is no form",
    "422": "The picture has a side of zero pixels",
    "507": "The server's disk is full"}},
"GET /image/v1/status": {
  "operationId": "listJobs", "tags": ["Jobs"], "summary": "List the key's jobs, newest first",
  "description": "A plain array of the jobs of the last 7 days (10,000 of them at most), or a page when paginated=true.",
  "parameters": [
    {"name": "paginated", "in": "query", "schema": {"type": "boolean", "default": false}, "description": "Answer a page with a cursor"},
    {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}, "description": "Jobs of a page; of the array when given"},
    {"name": "cursor", "in": "query", "schema": {"type": "string"}, "description": "next_cursor of the page before"}],
  "responses": {"200": {"description": "An array, or a page", "anyOf": ["StatusList", "StatusPage"]}}},
"DELETE /image/v1/status": {
  "operationId": "deleteFinishedJobs", "tags": ["Jobs"], "summary": "Delete all finished jobs with their files",
  "responses": {"200": {"description": "How many there were", "schema": "DeletedCount"}}},
"GET /image/v1/status/{process_id}": {
  "operationId": "getJob", "tags": ["Jobs"], "summary": "Ask how a job is doing",
  "responses": {"200": {"description": "The job", "schema": "StatusResponse"}, "404": "The key has no such job"}},
"DELETE /image/v1/status/{process_id}": {
  "operationId": "deleteJob", "tags": ["Jobs"], "summary": "Delete a finished job with its files",
  "responses": {"204": {"description": "Deleted"}, "404": "The key has no such job", "409": "The job is not finished"}},
"GET /image/v1/download/{process_id}": {
  "operationId": "getDownload", "tags": ["Files"], "summary": "Get URLs of a finished job's output",
  "responses": {"200": {"description": "URLs that work for an hour, with or without the key", "schema": "DownloadResponse"}, "404": "The key has no such job", "409": "The output is not ready"}},
"GET /image/v1/download/input/{process_id}": {
  "operationId": "getInputDownload", "tags": ["Files"], "summary": "Get URLs of a job's input",
  "responses": {"200": {"description": "URLs that work for an hour, with or without the key", "schema": "DownloadResponse"}, "404": "The key has no such job"}},
"DELETE /image/v1/cancel/{process_id}": {
  "operationId": "cancelJob", "tags": ["Jobs"], "summary": "Cancel a job that has not ended; its credits come back",
  "responses": {"204": {"description": "Cancelled"}, "404": "The key has no such job", "409": "The job has ended already"}},
"POST /image/v1/estimate-gen": {
  "operationId": "estimateJob", "tags": ["Credits"], "summary": "Ask what a job would take and cost",
  "responses": {"200": {"description": "Seconds of work and credits", "schema": "Estimate"}}},
"POST /image/v1/estimate-bulk": {
  "operationId": "estimateJobs", "tags": ["Credits"], "summary": "Estimate up to 1000 jobs, item by item, order kept",
  "responses": {"200": {"description": "An answer for each item", "schema": "BulkEstimate"}}},
"GET /account/v1/credits/balance": {
  "operationId": "getBalance", "tags": ["Credits"], "summary": "Ask for the key's credits",
  "responses": {"200": {"description": "The balance", "schema": "Balance"}}},
"GET /files/{id}": {
  "operationId": "getFile", "tags": ["Files"], "summary": "Download a file by a signed URL",
  "description": "The URL comes from a download route or a webhook. One range may be asked for.",
  "parameters": [
    {"name": "exp", "in": "query", "required": true, "schema": {"type": "integer"}, "description": "When the URL ends, in Unix seconds"},
    {"name": "sig", "in": "query", "required": true, "schema": {"type": "string"}, "description": "The URL's signature"},
    {"name": "Range", "in": "header", "schema": {"type": "string"}, "description": "bytes=first-last"},
    {"name": "If-Range", "in": "header", "schema": {"type": "string"}, "description": "An ETag: the range counts for that version alone"}],
  "responses": {
    "200": {"description": "The file", "file": true}, "206": {"description": "A part of the file", "file": true},
    "404": "There is no such file", "410": "The file has been removed", "416": "The range lies behind the file's end"}},
"GET /healthz": {"operationId": "getHealth", "tags": ["Service"], "summary": "Ask whether the process answers",
  "responses": {"200": {"description": "It does", "schema": "ServiceState"}}},
"GET /readyz": {"operationId": "getReadiness", "tags": ["Service"], "summary": "Ask whether jobs can be taken: store, disk, models",
  "responses": {"200": {"description": "They can", "schema": "ServiceState"}}},
"GET /metrics": {"operationId": "getMetrics", "tags": ["Service"], "summary": "Counters for Prometheus",
  "responses": {"200": {"description": "Text format 0.0.4", "type": "text/plain"}}},
"GET /openapi.json": {"operationId": "getOpenApi", "tags": ["Service"], "summary": "This document",
  "responses": {"200": {"description": "OpenAPI 3.0.3", "type": "application/json"}}},
"GET /docs": {"operationId": "getDocs", "tags": ["Service"], "summary": "This document as a page",
  "responses": {"200": {"description": "A page", "type": "text/html"}}},
"GET /docs/{asset}": {"operationId": "getDocsAsset", "tags": ["Service"], "summary": "What the page is made of",
  "responses": {"200": {"description": "A style sheet, a script or a page", "types": ["text/css", "text/javascript", "text/html"]}, "404": "There is no such file"}},
"GET /": {"operationId": "getHome", "tags": ["Service"], "summary": "The server's first page",
  "responses": {"200": {"description": "A page", "type": "text/html"}}}
})json";

const std::string_view kOpenApiSchemas = R"json({
"Error": {"type": "object", "required": ["code", "message"], "properties": {
  "code": {"type": "integer", "description": "The answer's HTTP status"},
  "message": {"type": "string", "description": "What is wrong, which field, what is allowed"}}},
"AsyncResponse": {"type": "object", "required": ["process_id", "source_id", "eta"], "properties": {
  "process_id": {"type": "string", "format": "uuid"},
  "source_id": {"type": "string", "format": "uuid", "description": "Names the stored input for further submits"},
  "eta": {"type": "integer", "description": "Unix seconds of the expected finish"}}},
"StatusResponse": {"type": "object",
  "required": ["process_id", "filename", "input_format", "input_height", "input_width", "output_format", "output_height", "output_width", "category", "model_type", "model", "crop_to_fill", "status", "progress", "eta", "creation_time", "modification_time", "credits"],
  "properties": {
  "process_id": {"type": "string", "format": "uuid"},
  "source_id": {"type": "string", "format": "uuid"},
  "filename": {"type": "string"},
  "input_format": {"type": "string", "enum": ["jpeg", "png", "tiff", "webp", "heic", "avif", "jxl"]},
  "input_height": {"type": "integer", "minimum": 1},
  "input_width": {"type": "integer", "minimum": 1},
  "output_format": {"type": "string", "enum": ["jpeg", "png", "tiff", "webp", "avif", "jxl"]},
  "output_height": {"type": "integer", "minimum": 1},
  "output_width": {"type": "integer", "minimum": 1},
  "category": {"type": "string", "enum": ["Enhance"]},
  "model_type": {"type": "string", "enum": ["Generative"]},
  "model": {"type": "string"},
  "crop_to_fill": {"type": "boolean"},
  "subject_detection": {"type": "string", "enum": ["All", "Foreground", "Background"]},
  "face_enhancement": {"type": "boolean"},
  "face_enhancement_strength": {"type": "number", "minimum": 0, "maximum": 1},
  "face_enhancement_creativity": {"type": "number", "minimum": 0, "maximum": 1},
  "options_json": {"type": "string", "description": "A JSON text: every other setting, given or chosen"},
  "status": {"type": "string", "enum": ["Pending", "Processing", "Completed", "Cancelled", "Failed"]},
  "progress": {"type": "integer", "minimum": 0, "maximum": 100, "description": "Percent; never falls"},
  "eta": {"type": "integer", "description": "Unix seconds"},
  "creation_time": {"type": "integer", "description": "Unix seconds"},
  "modification_time": {"type": "integer", "description": "Unix seconds"},
  "credits": {"type": "integer", "minimum": 1},
  "message": {"type": "string", "description": "Of a Failed job: what went wrong and what to do"}}},
"StatusList": {"type": "array", "items": {"$ref": "#/components/schemas/StatusResponse"}},
"StatusPage": {"type": "object", "required": ["data", "pagination"], "properties": {
  "data": {"$ref": "#/components/schemas/StatusList"},
  "pagination": {"type": "object", "required": ["has_next_page"], "properties": {
    "has_next_page": {"type": "boolean"},
    "next_cursor": {"type": "string", "description": "Left out on the last page"}}}}},
"DeletedCount": {"type": "object", "required": ["deleted_count"], "properties": {"deleted_count": {"type": "integer", "minimum": 0}}},
"DownloadResponse": {"type": "object", "required": ["download_url", "head_url", "expiry"], "properties": {
  "download_url": {"type": "string", "format": "uri", "description": "For GET"},
  "head_url": {"type": "string", "format": "uri", "description": "For HEAD"},
  "expiry": {"type": "integer", "description": "Unix seconds"}}},
"Estimate": {"type": "object", "required": ["duration", "credits"], "properties": {
  "duration": {"type": "integer", "minimum": 0, "description": "Seconds of work, without the wait in the queue"},
  "credits": {"type": "integer", "minimum": 1}}},
"BulkEstimate": {"type": "array", "items": {"type": "object", "required": ["status"], "properties": {
  "status": {"type": "string", "enum": ["success", "error"]},
  "duration": {"type": "integer", "minimum": 0},
  "credits": {"type": "integer", "minimum": 1},
  "code": {"type": "integer"},
  "message": {"type": "string"}}}},
"Balance": {"type": "object", "required": ["available_credits", "reserved_credits", "total_credits"], "properties": {
  "available_credits": {"type": "integer"},
  "reserved_credits": {"type": "integer", "description": "Of jobs that have not ended"},
  "total_credits": {"type": "integer", "description": "Available and reserved"}}},
"ServiceState": {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}
})json";

}  // namespace recover
