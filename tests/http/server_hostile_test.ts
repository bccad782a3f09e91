/**
 * What somebody who speaks to the socket itself may try: requests within requests, heads without end, bodies by the byte,
 * and plain noise. The server answers or closes, and goes on.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { RouteGroup } from "../../src/http/app.ts";
import { healthRoutes } from "../../src/http/routes/health.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { startHttp } from "./http_rig.ts";
import { RawConnection, rawRequest } from "./raw_http.ts";

const CRLF = "\r\n";

/** A request that is the last one of its connection. */
function last(line: string, port: number, ...headers: string[]): string {
  const all = [`Host: 127.0.0.1:${port}`, "Connection: close", ...headers];
  return `${line} HTTP/1.1${CRLF}${all.join(CRLF)}${CRLF}${CRLF}`;
}

/** One that others follow. */
function request(line: string, port: number, ...headers: string[]): string {
  const all = [`Host: 127.0.0.1:${port}`, ...headers];
  return `${line} HTTP/1.1${CRLF}${all.join(CRLF)}${CRLF}${CRLF}`;
}

/** The status of every answer on one connection. */
async function statuses(port: number, content: string | Uint8Array): Promise<number[]> {
  using connection = await RawConnection.open(port);
  await connection.write(content);
  await connection.readAll();
  return [...connection.text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, code]) => Number(code));
}

const json = "Content-Type: application/json";

/** Lets the server, which is in this very process, have its turn. */
const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 1));

Deno.test("HttpServer sees no request in another one's body (CL and TE)", async () => {
  await using rig = startHttp();
  const { port } = rig;
  const inner = last("GET /health", port);
  const post = (...headers: string[]) => request("POST /things/a", port, json, ...headers);
  const ended = `0${CRLF}${CRLF}`;
  const shapes = [
    [post("Content-Length: 4", "Transfer-Encoding: chunked") + ended + inner, [400]],
    [post("Transfer-Encoding: chunked", "Content-Length: 4") + ended + inner, [400]],
    [post("Transfer-Encoding: chunked, identity") + ended + inner, [400]],
    [post("Transfer-Encoding: xchunked", "Content-Length: 5") + ended + inner, [400]],
    [post("Transfer-Encoding : chunked", "Content-Length: 5") + ended + inner, [400]],
    [post("Content-Length: 0", `Content-Length: ${inner.length}`) + inner, [400]],
    [post("Content-Length: 0, 5") + inner, [400]],
    [post("Content-Length: +0") + inner, [400]],
    [post("X: a", " Content-Length: 5") + inner, [400]],
    // All of it is the body that was announced, whatever it looks like, also where the request is refused.
    [post(`Content-Length: ${inner.length}`) + inner + inner, [400, 200]],
    [
      request(
        "POST /things/a",
        port,
        "Content-Type: text/plain",
        `Content-Length: ${inner.length}`,
      ) +
      inner + inner,
      [415, 200],
    ],
    [request("GET /health", port, `Content-Length: ${inner.length}`) + inner + inner, [200, 200]],
  ] as const;
  for (const [content, wanted] of shapes) {
    assertEquals(await statuses(port, content), [...wanted], content.slice(0, 160));
  }
  assertEquals(rig.lines, []);
});

Deno.test("HttpServer ends a connection whose chunks have no size, and answers nothing of it", async () => {
  await using rig = startHttp();
  const { port } = rig;
  const head = request("POST /things/a", port, json, "Transfer-Encoding: chunked");
  for (const size of ["-2", "FFFFFFFFFFFFFFFF1", "0x2", "2 2", "g", ""]) {
    const content = `${head}${size}${CRLF}{}${CRLF}0${CRLF}${CRLF}${last("GET /health", port)}`;
    const told = await statuses(port, content);
    assert(told.every((status) => status === 400), `${size}: ${told}`);
  }
  assertEquals((await rawRequest(port, last("GET /health", port))).status, 200);
  assertEquals(rig.lines, []);
});

Deno.test("HttpServer answers requests that come all at once, in their order", async () => {
  await using rig = startHttp();
  const { port } = rig;
  const lines = ["GET /health", "GET /nothing", "DELETE /health"];
  const asked = Array.from({ length: 60 }, (_, index) => request(lines[index % 3] ?? "", port));
  const wanted = Array.from({ length: 60 }, (_, index) => [200, 404, 405][index % 3] ?? 0);
  assertEquals(await statuses(port, asked.join("") + last("GET /health", port)), [...wanted, 200]);
});

Deno.test("HttpServer cuts a head that does not end, and holds little of it", async () => {
  await using rig = startHttp();
  using connection = await RawConnection.open(rig.port);
  await connection.write(`GET /health HTTP/1.1${CRLF}Host: 127.0.0.1:${rig.port}${CRLF}`);
  const flood = `X-Flood: ${"a".repeat(8_000)}${CRLF}`.repeat(10);
  let isOver = false;
  const answer = connection.readAll().finally(() => isOver = true);
  let sentBytes = 0;
  while (!isOver && sentBytes < 64_000_000) {
    await connection.write(flood);
    sentBytes += flood.length;
    await turn();
  }
  const { status } = await answer;
  assert([0, 400, 431].includes(status), `${status}`);
  assert(sentBytes < 64_000_000, "it took all that was sent");
});

Deno.test("HttpServer answers 408 to a body that comes byte by byte, with a length or in chunks (S6)", async () => {
  await using rig = startHttp({ limits: { bodyMsMax: 100 } });
  const { port } = rig;
  const bodies = [
    ["Content-Length: 1000", " "],
    ["Transfer-Encoding: chunked", `1${CRLF} ${CRLF}`],
  ] as const;
  for (const [header, piece] of bodies) {
    using connection = await RawConnection.open(port);
    const beganMs = Date.now();
    await connection.write(last("POST /things/a", port, json, header));
    let isOver = false;
    const answer = connection.readUntil("BODY_TOO_SLOW").finally(() => isOver = true);
    // Always something, so that only the time that all of it takes can tell.
    while (!isOver && Date.now() - beganMs < 5_000) {
      await connection.write(piece);
      await turn();
    }
    assertEquals((await answer).slice(0, 12), "HTTP/1.1 408", header);
    const tookMs = Date.now() - beganMs;
    assert(tookMs >= 95 && tookMs < 3_000, `${header}: ${tookMs} ms`);
  }
  assertEquals((await rawRequest(port, last("GET /health", port))).status, 200);
  assertEquals(rig.lines, []);
});

Deno.test("HttpServer knows this machine by each of its names, and by nothing that resembles one (S3)", async () => {
  await using rig = startHttp();
  const { port } = rig;
  const named = async (host: string) => {
    const content =
      `GET /health HTTP/1.1${CRLF}Host: ${host}${CRLF}Connection: close${CRLF}${CRLF}`;
    return (await rawRequest(port, content)).status;
  };
  for (const host of ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"]) {
    assertEquals(await named(`${host}:${port}`), 200, host);
  }
  const strange = [
    `[::1]:${port + 1}`,
    `[0:0:0:0:0:0:0:1]:${port}`,
    `[::ffff:127.0.0.1]:${port}`,
    `::1:${port}`,
    `localhost.:${port}`,
    `127.1:${port}`,
    `2130706433:${port}`,
    `0.0.0.0:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `127.0.0.1:${port}@evil.example`,
    "127.0.0.1",
    "",
  ];
  for (const host of strange) assertEquals([400, 403].includes(await named(host)), true, host);
  const absolute = [
    [`GET http://127.0.0.1:${port}/health`, 200],
    [`GET http://evil.example:${port}/health`, 403],
    [`GET http://127.0.0.1:${port}@evil.example/health`, 403],
    ["GET http://[::1]/health", 403],
  ] as const;
  for (const [line, status] of absolute) {
    assertEquals((await rawRequest(port, last(line, port))).status, status, line);
  }
});

Deno.test("HttpServer takes methods that it cannot even repeat for unknown ones (S18)", async () => {
  await using rig = startHttp();
  const { port } = rig;
  for (const method of ["TRACE", "TRACK", "get", "Post", "BREW", "M-SEARCH"]) {
    const known = await rawRequest(port, last(`${method} /health`, port));
    assertEquals([known.status, known.headers.allow], [405, "GET, HEAD, OPTIONS"], method);
    assertEquals((await rawRequest(port, last(`${method} /nothing`, port))).status, 404, method);
  }
  assertEquals((await rawRequest(port, last("CONNECT 127.0.0.1:22", port))).status, 403);
  assertEquals(rig.lines, []);
});

/** Numbers that look random, the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

Deno.test("HttpServer outlives a second of noise: random bytes, and requests with random damage", async () => {
  await using rig = startHttp({ limits: { bodyMsMax: 50 } });
  const { port } = rig;
  const endMs = Date.now() + 1_000;
  const body = '{"name":"a"}';
  const whole = new TextEncoder().encode(
    request("POST /things/a", port, json, `Content-Length: ${body.length}`) + body +
      last("GET /stream", port),
  );
  let count = 0;
  const make = async (seed: number) => {
    const next = dice(seed);
    while (Date.now() < endMs) {
      const noise = new Uint8Array(1 + Math.floor(next() * 3_000)).map(() => next() * 256);
      const damaged = whole.slice(0, Math.ceil(next() * whole.length));
      for (let hits = 0; hits < 1 + next() * 5; hits++) {
        damaged[Math.floor(next() * damaged.length)] = next() * 256;
      }
      using connection = await RawConnection.open(port);
      await connection.write(next() < 0.5 ? noise : damaged);
      count++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, index) => make(index + 1)));
  assert(count > 100, `${count}`);
  assertEquals((await rawRequest(port, last("GET /health", port))).status, 200);
  assertEquals(rig.lines, []);
});

Deno.test("HttpServer opens no route without a token by a path that only looks like an open one", async () => {
  const files: RouteGroup = (app) => {
    app.get("/files/:folder/:name", (context) => context.text("secret"));
    app.get("/all/*", (context) => context.text("secret"));
  };
  await using rig = startHttp({
    routes: [files, healthRoutes(undefined, { clock: systemClock })],
    tokens: { read: "read-token-0123456789" },
  });
  const asked = async (path: string) =>
    (await rawRequest(rig.port, last(`GET ${path}`, rig.port))).status;
  for (
    const path of [
      "/files/a/b",
      "/files/../docs",
      "/files/../health",
      "/files/%2e%2e/ready",
      "/files/.%2E/inspector",
      "/all/a/../../health?x",
      "/all/..\\..\\health",
      "/all/../health",
      `http://127.0.0.1:${rig.port}/all/../health`,
    ]
  ) {
    assertEquals([path, await asked(path)], [path, 401]);
  }
  assertEquals([await asked("/health"), await asked("/health?x=/../a")], [200, 200]);
});
