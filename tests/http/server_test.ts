/**
 * The server through a real socket: what it answers to what nobody should send, and how it ends.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import { PortTakenError } from "../../src/http/listen_errors.ts";
import { HttpServer } from "../../src/http/server.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { eventually } from "../support/eventually.ts";
import { startHttp } from "./http_rig.ts";
import { RawConnection, rawRequest } from "./raw_http.ts";

const control = "control-token-0123456789";

/** A request by hand; `Connection: close` so that its end is seen. */
function head(line: string, port: number, ...headers: string[]): string {
  const all = [`Host: 127.0.0.1:${port}`, "Connection: close", ...headers];
  return `${line} HTTP/1.1\r\n${all.join("\r\n")}\r\n\r\n`;
}

Deno.test("HttpServer answers a route, with headers that keep browsers careful", async () => {
  await using rig = startHttp();
  const answer = await fetch(`${rig.url}/health`);
  assertEquals([answer.status, await answer.json()], [200, { status: "ok" }]);
  const kept = ["cache-control", "x-content-type-options", "referrer-policy", "x-frame-options"];
  assertEquals(kept.map((name) => answer.headers.get(name)), [
    "no-store",
    "nosniff",
    "no-referrer",
    "DENY",
  ]);
  const cors = [...answer.headers.keys()].filter((name) => name.startsWith("access-control"));
  assertEquals(cors, []);
});

Deno.test("HttpServer refuses strange hosts and old requests without one (S3)", async () => {
  await using rig = startHttp();
  const { port } = rig;
  const answers = [
    await rawRequest(
      port,
      "GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    ),
    await rawRequest(port, "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n"),
    await rawRequest(port, "GET /health HTTP/1.0\r\n\r\n"),
    await rawRequest(port, head("GET /health", port, "Host: evil.example")),
    await rawRequest(port, head("GET http://evil.example/health", port)),
    await rawRequest(port, head("GET /health", port)),
  ];
  assertEquals(answers.map(({ status }) => status), [403, 400, 400, 400, 403, 200]);
});

Deno.test("HttpServer survives rubbish, halves and foreign protocols", async () => {
  await using rig = startHttp();
  const { port } = rig;
  const rubbish = [
    new Uint8Array(2_000).map((_, index) => (index * 7919) % 256),
    new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
    "\r\n\r\n\0\0\0\r\n\r\n",
    "GET\r\n\r\n",
    `GET / HTTP/9.9\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    `GET /a\0b HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
    head("GET /", port, "X: a\0b"),
    head("POST /things/a", port, "Content-Length: -1"),
    head("POST /things/a", port, "Content-Length: 1", "Content-Length: 2"),
    head("GET /", port, ...Array.from({ length: 2_000 }, (_, index) => `X-${index}: 1`)),
    head("GET /", port, `X: ${"a".repeat(200_000)}`),
  ];
  for (const each of rubbish) {
    const { status } = await rawRequest(port, each);
    assertEquals([0, 400, 431].includes(status), true, `${status}`);
  }
  const half = await RawConnection.open(port);
  await half.write("GET /health HT");
  half[Symbol.dispose]();
  const { status } = await rawRequest(port, head("GET /health", port));
  assertEquals([status, rig.lines], [200, []]);
});

Deno.test("HttpServer bounds the head of a request before any route sees it", async () => {
  await using rig = startHttp();
  const many = Array.from({ length: 70 }, (_, index) => `X-${index}: 1`);
  const answers = [
    await rawRequest(rig.port, head("GET /health", rig.port, ...many)),
    await rawRequest(rig.port, head("GET /health", rig.port, `X: ${"a".repeat(20_000)}`)),
    await rawRequest(rig.port, head(`GET /${"a".repeat(10_000)}`, rig.port)),
  ];
  assertEquals(answers.map(({ status }) => status), [431, 431, 414]);
});

Deno.test("HttpServer answers paths with broken escapes as it answers any other", async () => {
  await using rig = startHttp();
  for (const path of ["/%E0%A4%A", "/%", "/%00", "/%0d%0aX:%20y", "/..%2f..%2fetc", "//", "/\\"]) {
    const { status, body } = await rawRequest(rig.port, head(`GET ${path}`, rig.port));
    assertEquals([status, JSON.parse(body).code], [404, "NOT_FOUND"], path);
  }
  assertEquals(rig.lines, []);
});

Deno.test("HttpServer tells which methods a path knows (S18)", async () => {
  await using rig = startHttp();
  const asked = async (method: string, path: string) => {
    const { status, headers } = await rawRequest(rig.port, head(`${method} ${path}`, rig.port));
    return `${status} ${headers.allow ?? "-"}`;
  };
  assertEquals(await asked("OPTIONS", "/health"), "204 GET, HEAD, OPTIONS");
  assertEquals(await asked("DELETE", "/health"), "405 GET, HEAD, OPTIONS");
  assertEquals(await asked("PROPFIND", "/health"), "405 GET, HEAD, OPTIONS");
  assertEquals(await asked("GET", "/things/a"), "405 POST, OPTIONS");
  assertEquals(await asked("OPTIONS", "/nothing"), "404 -");
  assertEquals(await asked("HEAD", "/nothing"), "404 -");
  const answer = await fetch(`${rig.url}/health`, { method: "HEAD" });
  assertEquals([answer.status, await answer.text()], [200, ""]);
});

Deno.test("HttpServer wants its token and says nothing of it in its log (S1)", async () => {
  await using rig = startHttp({ tokens: { control } });
  const asked = async (path: string, authorization?: string) => {
    const headers = authorization === undefined ? {} : { authorization };
    const answer = await fetch(`${rig.url}${path}`, { headers });
    await answer.body?.cancel();
    return [answer.status, answer.headers.get("www-authenticate")];
  };
  assertEquals(await asked("/openapi.json"), [401, 'Bearer realm="tidemark"']);
  assertEquals(await asked("/openapi.json", `Bearer ${control}`), [200, null]);
  assertEquals(await asked("/fail", `Bearer ${control}`), [500, null]);
  assertEquals(rig.lines.length, 1);
  assertEquals(rig.lines.join().includes(control), false);
});

Deno.test("HttpServer tells an allowed page what browsers ask for, and no other page (S4)", async () => {
  const origin = "https://app.example.com";
  await using rig = startHttp({ allowedOrigins: [origin], tokens: { control } });
  const { port } = rig;
  const preflight = await rawRequest(
    port,
    head(
      "OPTIONS /things/a",
      port,
      `Origin: ${origin}`,
      "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: authorization",
    ),
  );
  const { headers } = preflight;
  assertEquals([preflight.status, headers["access-control-allow-headers"]], [204, "authorization"]);
  const read = await rawRequest(port, head("GET /health", port, `Origin: ${origin}`));
  assertEquals([read.status, read.headers["access-control-allow-origin"], read.headers.vary], [
    200,
    origin,
    "Origin",
  ]);
  assertEquals(read.headers["access-control-allow-credentials"], undefined);
  // Without this a page could not tell a missing token from a missing server.
  const refused = await rawRequest(port, head("GET /fail", port, `Origin: ${origin}`));
  assertEquals([refused.status, refused.headers["access-control-allow-origin"]], [401, origin]);
  const evil = await rawRequest(port, head("GET /health", port, "Origin: https://evil.example"));
  assertEquals([evil.status, evil.headers["access-control-allow-origin"]], [403, undefined]);
});

Deno.test("HttpServer tells nothing of a failure but that it was one, and logs it safely (S17)", async () => {
  await using rig = startHttp();
  const answer = await fetch(`${rig.url}/fail`);
  const text = await answer.text();
  assertEquals([answer.status, JSON.parse(text).code], [500, "INTERNAL"]);
  for (const part of ["canary", "10.1.2.3", "TypeError", "at "]) {
    assertEquals(text.includes(part), false, part);
  }
  assertEquals(rig.lines, [JSON.stringify(["error", "A request failed", {
    method: "GET",
    path: "/fail",
    code: "INTERNAL",
    error: "TypeError: redis://***@10.1.2.3 broke",
  }])]);
});

Deno.test("HttpServer answers 100 connections at the same time", async () => {
  await using rig = startHttp();
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => rawRequest(rig.port, head("GET /health", rig.port))),
  );
  assertEquals(answers.map(({ status }) => status), Array(100).fill(200));
});

Deno.test("HttpServer refuses options that cannot work, before it listens", () => {
  assertThrows(() => startHttp({ hostname: "0.0.0.0" }), InvalidOptionError, "hostname");
  assertThrows(() => startHttp({ port: 65_536 }), InvalidOptionError, "port");
  assertThrows(() => startHttp({ limits: { streamsMax: 0 } }), InvalidOptionError, "streamsMax");
  assertThrows(() => startHttp({ allowedOrigins: ["*"] }), InvalidOptionError, "allowedOrigins");
});

Deno.test("HttpServer says so when another program listens at its port", async () => {
  await using rig = startHttp();
  const error = assertThrows(() => new HttpServer({ routes: [], port: rig.port }), PortTakenError);
  assertEquals(
    error.message,
    `Cannot listen at "127.0.0.1:${rig.port}": another program does, end it or choose another port`,
  );
});

Deno.test("HttpServer.close lets a request finish, refuses new ones, and then its port is free", async () => {
  const rig = startHttp();
  using idle = await RawConnection.open(rig.port);
  await idle.write(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${rig.port}\r\n\r\n`);
  await idle.readUntil('{"status":"ok"}');
  using waiting = await RawConnection.open(rig.port);
  await waiting.write(head("GET /wait", rig.port));
  using half = await RawConnection.open(rig.port);
  await half.write("GET /health HTTP/1.1\r\nHo");
  const late = await RawConnection.open(rig.port);
  await eventually("the request waits", () => rig.server.activeCount === 1);
  const closed = rig.server.close();
  await late.write(head("GET /health", rig.port));
  assertEquals((await late.readAll()).status, 503);
  late[Symbol.dispose]();
  rig.letGo();
  const answer = await waiting.readAll();
  assertEquals([answer.status, answer.body], [200, "waited"]);
  await closed;
  await rig.server.close();
  // Another test may have been given the port meanwhile, for one of its own connections.
  let status = 0;
  await eventually("the port is free", async () => {
    try {
      await using again = startHttp({ port: rig.port });
      status = (await rawRequest(again.port, head("GET /health", again.port))).status;
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
    }
    return status !== 0;
  });
  assertEquals(status, 200);
});

Deno.test("HttpServer.close does not wait longer than its grace for a request", async () => {
  const rig = startHttp();
  using waiting = await RawConnection.open(rig.port);
  await waiting.write(head("GET /wait", rig.port));
  await eventually("the request waits", () => rig.server.activeCount === 1);
  const beganMs = Date.now();
  await rig.server.close({ graceMs: 50 });
  assertEquals(Date.now() - beganMs < 2_000, true);
  assertEquals((await waiting.readAll()).status, 0);
  rig.letGo();
});

Deno.test("HttpServer.close keeps to its grace when the clock is set back meanwhile", async () => {
  let backMs = 0;
  const rig = startHttp({ clock: { ...systemClock, nowMs: () => Date.now() - backMs } });
  using waiting = await RawConnection.open(rig.port);
  await waiting.write(head("GET /wait", rig.port));
  await eventually("the request waits", () => rig.server.activeCount === 1);
  const beganMs = Date.now();
  const closed = rig.server.close({ graceMs: 50 });
  backMs = 5_000;
  await closed;
  assertEquals(Date.now() - beganMs < 2_000, true);
  rig.letGo();
});
