/**
 * The OpenAPI document, checked by the schema that its makers publish, and the page that shows it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import { DOCS_HTML } from "../../src/http/docs_page.ts";
import { startHttp } from "./http_rig.ts";

Deno.test("GET /openapi.json is a valid OpenAPI 3.1 document of every declared route", async () => {
  await using rig = startHttp();
  const answer = await fetch(`${rig.url}/openapi.json`);
  assertEquals(answer.headers.get("content-type"), "application/json");
  const document = await answer.json();
  const said = await new Validator().validate(structuredClone(document));
  assertEquals([said.valid, said.errors], [true, undefined]);
  assertEquals(document.openapi, "3.1.0");
  assertEquals(Object.keys(document.paths).sort(), [
    "/docs",
    "/health",
    "/openapi.json",
    "/ready",
    "/things/{id}",
  ]);
  const { parameters, responses } = document.paths["/things/{id}"].post;
  assertEquals(parameters[1].schema, {
    type: "integer",
    minimum: 1,
    maximum: 1_000,
    default: 100,
  });
  assertEquals(Object.keys(responses), ["200", "400", "401", "403", "413", "500"]);
  assertEquals(responses["413"].content["application/problem+json"].schema, {
    $ref: "#/components/schemas/Problem",
  });
});

Deno.test("the validator of the OpenAPI document finds what is wrong", async () => {
  await using rig = startHttp();
  const document = await (await fetch(`${rig.url}/openapi.json`)).json();
  document.paths["/health"].get.responses = "none";
  assertEquals((await new Validator().validate(document)).valid, false);
});

Deno.test("GET /docs asks nothing of other servers, and its policy lets it run", async () => {
  await using rig = startHttp();
  const answer = await fetch(`${rig.url}/docs`);
  const html = await answer.text();
  assertEquals(answer.headers.get("content-type"), "text/html; charset=UTF-8");
  assertEquals(html.match(/(?:https?:)?\/\/[a-z]+\.[a-z]+/g), null);
  const policy = answer.headers.get("content-security-policy") ?? "";
  for (const tag of ["script", "style"]) {
    const source = new RegExp(`<${tag}>([^]*)</${tag}>`).exec(html)?.[1] ?? "";
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(source));
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)));
    assertEquals(policy.includes(`${tag}-src 'sha256-${hash}'`), true, tag);
  }
  assertEquals(policy.startsWith("default-src 'none'; "), true);
});

Deno.test("GET /docs is small, and its script is one that can be read", () => {
  assertEquals(DOCS_HTML.length < 12_000, true, String(DOCS_HTML.length));
  const script = /<script>([^]*)<\/script>/.exec(DOCS_HTML)?.[1] ?? "";
  // Parsed, not run.
  const made = new Function(script);
  assertEquals(typeof made, "function");
  assertEquals(script.includes("innerHTML"), false);
});
