/**
 * What the guard lets through and what it refuses, case by case of SECURITY S1 to S5, with no server.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { Guard, type GuardOptions } from "../../src/http/guard.ts";
import { HTTP_LIMITS } from "../../src/http/http_limits.ts";

const host = "127.0.0.1:8080";
const read = "read-token-0123456789";
const control = "control-token-0123456789";
const json = { "content-type": "application/json" };

function guard(options: Partial<GuardOptions> = {}): Guard {
  return new Guard({ hostname: "127.0.0.1", port: 8080, limits: HTTP_LIMITS, ...options });
}

interface Asked {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** `ok ACCESS`, or status and code. */
function verdict(by: Guard, { method = "GET", url, headers = {}, body }: Asked = {}): string {
  const request = new Request(url ?? `http://${host}/runs`, {
    method,
    headers: {
      host,
      ...(body === undefined ? {} : { "content-length": String(body.length) }),
      ...headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const said = by.check(request);
  return said.allowed ? `ok ${said.access}` : `${said.problem.status} ${said.problem.code}`;
}

Deno.test("Guard lets this machine do everything when no token is set", () => {
  assertEquals(verdict(guard()), "ok control");
  assertEquals(verdict(guard(), { method: "POST", headers: json, body: "{}" }), "ok control");
  assertEquals(verdict(guard(), { method: "DELETE" }), "ok control");
});

Deno.test("Guard tells a token for reading from one for control (S1)", () => {
  const both = guard({ tokens: { read, control } });
  const asked = (method: string, authorization?: string) =>
    verdict(both, {
      method,
      headers: { ...json, ...(authorization === undefined ? {} : { authorization }) },
    });
  assertEquals(asked("GET"), "401 TOKEN_MISSING");
  assertEquals(asked("POST"), "401 TOKEN_MISSING");
  assertEquals(asked("GET", `Bearer ${read}`), "ok read");
  assertEquals(asked("GET", `bearer ${control}`), "ok control");
  assertEquals(asked("POST", `Bearer ${control}`), "ok control");
  assertEquals(asked("POST", `Bearer ${read}`), "403 CONTROL_NOT_ALLOWED");
  const wrong = [
    `Bearer ${read}x`,
    `Bearer ${read.slice(1)}`,
    `Basic ${read}`,
    read,
    "Bearer",
    "",
    `Bearer ${"x".repeat(5_000)}`,
    `Bearer ${read} ${control}`,
  ];
  for (const each of wrong) assertEquals(asked("GET", each), "401 TOKEN_NOT_VALID", each);
});

Deno.test("Guard allows no change when there is a token for reading only", () => {
  const reading = guard({ tokens: { read } });
  const headers = { ...json, authorization: `Bearer ${read}` };
  assertEquals(verdict(reading, { headers }), "ok read");
  assertEquals(verdict(reading, { method: "POST", headers }), "403 CONTROL_NOT_ALLOWED");
  assertEquals(verdict(reading, { method: "POST", headers: json }), "403 CONTROL_NOT_ALLOWED");
});

Deno.test("Guard says how to send a token, and whether one was wrong", () => {
  const by = guard({ tokens: { read } });
  const challenge = (headers: Record<string, string>) => {
    const said = by.check(new Request(`http://${host}/`, { headers: { host, ...headers } }));
    return said.allowed ? null : said.problem.headers?.["WWW-Authenticate"];
  };
  assertEquals(challenge({}), 'Bearer realm="tidemark"');
  const wrong = challenge({ authorization: "Bearer x" });
  assertEquals(wrong, 'Bearer realm="tidemark", error="invalid_token"');
});

Deno.test("Guard answers those who watch without a token, and only when they read", () => {
  const by = guard({ tokens: { control } });
  for (const path of ["/health", "/ready"]) {
    assertEquals(verdict(by, { url: `http://${host}${path}` }), "ok none");
    const post = { method: "POST", url: `http://${host}${path}`, headers: json };
    assertEquals(verdict(by, post), "401 TOKEN_MISSING");
  }
  assertEquals(verdict(by, { url: `http://${host}/health/x` }), "401 TOKEN_MISSING");
});

Deno.test("Guard refuses tokens that are no secrets, and never shows them", () => {
  for (
    const token of ["", "short", "x".repeat(513), "with space 0123456789", "ünïcödé-0123456789"]
  ) {
    const error = assertThrows(() => guard({ tokens: { read: token } }), InvalidOptionError);
    if (token !== "") assertEquals(error.message.includes(token), false);
  }
  assertThrows(() => guard({ tokens: { read, control: read } }), InvalidOptionError, "two tokens");
});

Deno.test("Guard refuses to serve others without a token (S2)", () => {
  const others = [
    "0.0.0.0",
    "::",
    "[::]",
    "192.168.1.5",
    "example.com",
    "127.0.0.1.example.com",
    "",
  ];
  for (const hostname of others) {
    assertThrows(() => guard({ hostname }), InvalidOptionError, "hostname", hostname);
    guard({ hostname, tokens: { read } });
  }
  for (const hostname of ["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"]) {
    guard({ hostname });
  }
});

Deno.test("Guard refuses every name that is not its own (S3)", () => {
  const by = guard({
    hostname: "10.0.0.5",
    tokens: { read },
    allowedHosts: ["Events.example.com"],
  });
  const asked = (name: string, url = `http://${host}/health`) =>
    verdict(by, { url, headers: { host: name } });
  for (const name of ["127.0.0.1", "localhost", "LocalHost", "[::1]", "10.0.0.5"]) {
    assertEquals(asked(`${name}:8080`), "ok none", name);
  }
  assertEquals(asked("events.example.com"), "ok none");
  const wrong = [
    "evil.example:8080",
    "127.0.0.1",
    "127.0.0.1:8081",
    "127.0.0.1.evil.example:8080",
    "events.example.com:8080",
    "localhost.:8080",
    "evil.example#127.0.0.1:8080",
    "2130706433:8080",
    "0.0.0.0:8080",
    "",
  ];
  for (const name of wrong) assertEquals(asked(name), "403 HOST_NOT_ALLOWED", name);
  assertEquals(asked(host, "http://evil.example/health"), "403 HOST_NOT_ALLOWED");
  const bare = by.check(new Request(`http://${host}/health`));
  assertEquals(bare.allowed ? 200 : bare.problem.code, "HOST_MISSING");
});

Deno.test("Guard at port 80 knows its names with the port and without", () => {
  const by = guard({ port: 80 });
  for (const name of ["localhost", "localhost:80"]) {
    assertEquals(verdict(by, { url: "http://localhost/", headers: { host: name } }), "ok control");
  }
});

Deno.test("Guard refuses pages of other origins, but for those allowed by name (S4)", () => {
  const by = guard({ allowedOrigins: ["https://app.example.com"] });
  const asked = (origin: string) => verdict(by, { headers: { origin } });
  for (const own of [`http://${host}`, `https://${host}`, "https://app.example.com"]) {
    assertEquals(asked(own), "ok control", own);
  }
  const wrong = [
    "https://evil.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://localhost:8080",
    "http://app.example.com",
    "https://app.example.com.evil.example",
    `http://${host}.evil.example`,
  ];
  for (const origin of wrong) assertEquals(asked(origin), "403 ORIGIN_NOT_ALLOWED", origin);
});

Deno.test("Guard refuses parts of foreign pages that send no Origin, such as images", () => {
  const asked = (mode: string, site = "cross-site") =>
    verdict(guard(), { headers: { "sec-fetch-site": site, "sec-fetch-mode": mode } });
  assertEquals(asked("no-cors"), "403 ORIGIN_NOT_ALLOWED");
  assertEquals(asked("navigate"), "ok control");
  assertEquals(asked("no-cors", "same-origin"), "ok control");
});

Deno.test("Guard takes no origin and no host that means more than one", () => {
  for (
    const origin of ["*", "null", "https://a.example/", "https://*.example", "a.example", "ws://a"]
  ) {
    assertThrows(() => guard({ allowedOrigins: [origin] }), InvalidOptionError, "allowedOrigins");
  }
  for (const name of ["*", "*.example.com", "", "http://a", "a/b", "a b", "a@b"]) {
    assertThrows(() => guard({ allowedHosts: [name] }), InvalidOptionError, "allowedHosts");
  }
});

Deno.test("Guard takes JSON only, which no form of another page can send (S5)", () => {
  const asked = (type: string | null, method = "POST") =>
    verdict(guard(), {
      method,
      headers: { "content-type": type ?? "" },
      ...(type === null ? {} : { body: "{}" }),
    });
  for (const type of ["application/json", "Application/JSON; charset=utf-8"]) {
    assertEquals(asked(type), "ok control", type);
  }
  const wrong = [
    "text/plain",
    "text/plain; x=application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "",
    null,
  ];
  for (const type of wrong) assertEquals(asked(type), "415 CONTENT_TYPE_WRONG", String(type));
  assertEquals(asked("text/plain", "PUT"), "415 CONTENT_TYPE_WRONG");
  const zipped = { method: "POST", headers: { ...json, "content-encoding": "gzip" }, body: "x" };
  assertEquals(verdict(guard(), zipped), "415 CONTENT_TYPE_WRONG");
});

Deno.test("Guard takes any body where it was told so, and nowhere beside", () => {
  const by = guard({ bodyRules: [{ path: "/streams/", takesAnyType: true }, { path: "/x/" }] });
  const asked = (path: string) =>
    verdict(by, { method: "POST", url: `http://${host}${path}`, body: "plain" });
  assertEquals(asked("/streams/a"), "ok control");
  assertEquals(asked("/streams"), "415 CONTENT_TYPE_WRONG");
  assertEquals(asked("/%73treams/a"), "415 CONTENT_TYPE_WRONG");
  assertEquals(asked("/x/a"), "415 CONTENT_TYPE_WRONG");
  assertEquals(asked("/streams/../runs"), "415 CONTENT_TYPE_WRONG");
  assertEquals(asked("/runs?x=/streams/"), "415 CONTENT_TYPE_WRONG");
});

Deno.test("Guard refuses heads that are too large", () => {
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`x-${index}`, "1"]));
  assertEquals(verdict(guard(), { headers: many }), "431 HEADERS_TOO_LARGE");
  const long = { x: "a".repeat(16_384) };
  assertEquals(verdict(guard(), { headers: long }), "431 HEADERS_TOO_LARGE");
  const url = `http://${host}/${"a".repeat(8_192)}`;
  assertEquals(verdict(guard(), { url }), "414 URL_TOO_LONG");
});
