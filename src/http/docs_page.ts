/**
 * The page at `/docs`: every route of the OpenAPI document with its parts, and a form to try it.
 *
 * It is written here, in a few kilobytes, because the pages that one could take instead load more than a megabyte or
 * need the internet. It asks for nothing but `/openapi.json` and what its user sends, which its Content-Security-Policy
 * enforces, and builds itself by `textContent` only, so that no text of the document can become markup.
 *
 * @module
 */

import { createHash } from "node:crypto";

const style = `
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
details { border: 1px solid #8886; border-radius: 6px; margin: .5rem 0; padding: .5rem .8rem; }
summary { cursor: pointer; } summary code { font-weight: 600; }
.method { display: inline-block; min-width: 4.5rem; font: 600 .85rem ui-monospace, monospace; }
label { display: block; margin: .5rem 0; } label span { display: block; font-size: .85rem; }
input, textarea { font: .9rem ui-monospace, monospace; width: 100%; box-sizing: border-box; padding: .35rem; }
textarea { min-height: 7rem; } button { padding: .35rem 1rem; margin-right: .5rem; }
pre { overflow: auto; max-height: 26rem; background: #8881; padding: .6rem; border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
table { border-collapse: collapse; font-size: .9rem; margin-bottom: .8rem; } td { padding: .1rem .8rem .1rem 0; vertical-align: top; }
`;

const script = `
"use strict";
const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const token = document.getElementById("token");
const main = document.querySelector("main");

/** Follows a reference inside of the document. */
const found = (spec, value) => {
  const path = value && value.$ref;
  if (typeof path !== "string") return value;
  return path.slice(2).split("/").reduce((at, key) => at && at[key], spec);
};

/** A value of the shape that a schema wants. */
const sample = (spec, given, depth = 0) => {
  const schema = found(spec, given) || {};
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (schema.properties && depth < 6) {
    const entries = Object.entries(schema.properties);
    return Object.fromEntries(entries.map(([key, part]) => [key, sample(spec, part, depth + 1)]));
  }
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  return { string: "", integer: 0, number: 0, boolean: false, array: [], object: {} }[type] ?? null;
};

/** Shows what arrives as it arrives; a stream goes on until it is stopped. */
const send = async ({ method, path, fields, body, output, stop }) => {
  // What is still running would write into the same place, and nobody could stop it any more.
  stop.onclick?.();
  const url = new URL(path.replace(/[{]([^}]+)[}]/g, (_, name) =>
    // The slashes of a name are part of the path.
    encodeURIComponent(fields.find((field) => field.in === "path" && field.name === name)?.input.value ?? "").replaceAll("%2F", "/")), location.href);
  const headers = new Headers();
  for (const field of fields) {
    if (field.input.value === "") continue;
    if (field.in === "query") url.searchParams.append(field.name, field.input.value);
    if (field.in === "header") headers.set(field.name, field.input.value);
  }
  if (token.value !== "") headers.set("Authorization", "Bearer " + token.value);
  if (method === "POST" || body) headers.set("Content-Type", "application/json");
  const ends = new AbortController();
  const end = () => ends.abort();
  const isCurrent = () => stop.onclick === end;
  const say = (text) => {
    if (isCurrent()) output.textContent = text;
  };
  stop.hidden = false;
  stop.onclick = end;
  say("…");
  try {
    const init = { method, headers, signal: ends.signal };
    if (body && body.value.trim() !== "") init.body = body.value;
    const answer = await fetch(url, init);
    const isJson = (answer.headers.get("Content-Type") ?? "").includes("json");
    const lines = [...answer.headers].map(([name, value]) => name + ": " + value);
    const start = [answer.status + " " + answer.statusText, ...lines, "", ""].join("\\n");
    say(start);
    if (isJson) say(start + JSON.stringify(await answer.json(), null, 2));
    else if (answer.body) {
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        say((output.textContent + part.value).slice(-200000));
      }
    }
  } catch (error) {
    say(output.textContent + "\\n" + (ends.signal.aborted ? "Stopped" : String(error)));
  }
  if (isCurrent()) stop.hidden = true;
};

const operation = (spec, method, path, route) => {
  const parameters = (route.parameters ?? []).map((given) => found(spec, given));
  const fields = parameters.map((parameter) => ({
    in: parameter.in,
    name: parameter.name,
    label: parameter.name + " (" + parameter.in + (parameter.required ? ", needed)" : ")"),
    text: parameter.description ?? "",
    input: make("input", { value: String(found(spec, parameter.schema)?.default ?? "") }),
  }));
  const schema = route.requestBody?.content?.["application/json"]?.schema;
  const body = schema
    ? make("textarea", { value: JSON.stringify(sample(spec, schema), null, 2), spellcheck: false })
    : null;
  const output = make("pre", { hidden: true });
  const stop = make("button", { type: "button", textContent: "Stop", hidden: true });
  const form = make("form", {},
    ...fields.map((field) => make("label", {}, make("span", { textContent: field.label + " " + field.text }), field.input)),
    ...(body ? [make("label", {}, make("span", { textContent: "body (JSON)" }), body)] : []),
    make("button", { textContent: "Send" }), stop);
  form.onsubmit = (event) => {
    event.preventDefault();
    output.hidden = false;
    send({ method, path, fields, body, output, stop });
  };
  const answers = Object.entries(route.responses ?? {}).map(([status, answer]) =>
    make("tr", {}, make("td", {}, make("code", { textContent: status })),
      make("td", { textContent: found(spec, answer)?.description ?? "" })));
  return make("details", {},
    make("summary", {}, make("span", { className: "method", textContent: method }),
      make("code", { textContent: path }), " " + (route.summary ?? "")),
    make("p", { textContent: route.description ?? "" }), make("table", {}, ...answers), form, output);
};

/** The document, or why there is none. */
const load = async () => {
  try {
    const headers = token.value === "" ? {} : { Authorization: "Bearer " + token.value };
    const answer = await fetch("openapi.json", { headers });
    if (answer.ok) return await answer.json();
    if (answer.status !== 401) return new Error("The service answered " + answer.status);
    return new Error(token.value === "" ? "Enter a token" : "The token is not valid");
  } catch (error) {
    return error;
  }
};

const show = (spec) => {
  main.textContent = "";
  if (spec instanceof Error) {
    main.append(make("p", { textContent: spec.message }));
    token.onchange = async () => show(await load());
    return;
  }
  token.onchange = null;
  document.title = spec.info.title;
  document.querySelector("h1").textContent = spec.info.title + " " + spec.info.version;
  const groups = new Map();
  for (const [path, item] of Object.entries(spec.paths)) {
    for (const [method, route] of Object.entries(item)) {
      if (!["get", "head", "post", "put", "patch", "delete"].includes(method)) continue;
      const tag = route.tags?.[0] ?? "routes";
      if (!groups.has(tag)) groups.set(tag, make("section", {}, make("h2", { textContent: tag })));
      groups.get(tag).append(operation(spec, method.toUpperCase(), path, route));
    }
  }
  main.append(...groups.values());
};
load().then(show);
`;

/** The page. */
export const DOCS_HTML = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Routes</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<h1>Routes</h1>
<label><span>Token, where the service wants one; it stays in this page</span>
<input id="token" type="password" autocomplete="off"></label>
<main>Loading</main>
<script>${script}</script>
</html>
`;

/** What the page may do: run and look as it is written here, and talk to its own service. */
export const DOCS_POLICY = [
  "default-src 'none'",
  `script-src '${sourceHash(script)}'`,
  `style-src '${sourceHash(style)}'`,
  "connect-src 'self'",
  // An empty icon, so that no browser looks for one.
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

function sourceHash(source: string): string {
  return `sha256-${createHash("sha256").update(source).digest("base64")}`;
}
