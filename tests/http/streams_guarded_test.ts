/**
 * Streams as a part of the server: its guard stands before them, its document tells of them, and it ends them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { RouteGroup } from "../../src/http/app.ts";
import { documentRoutes } from "../../src/http/routes/documents.ts";
import { HttpServer } from "../../src/http/server.ts";
import { streamRoutes } from "../../src/http/streams/stream_routes.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { eventually } from "../support/eventually.ts";
import { RawConnection, rawRequest } from "./raw_http.ts";
import { refusal, serveStreams, statusOf, TEXT } from "./streams_server.ts";

const read = "read-token-0123456789";
const control = "control-token-0123456789";

/** A broker that writes down the names of what is used of it. */
function watched(broker: Broker, used: string[]): Broker {
  return new Proxy(broker, {
    get(target, name) {
      used.push(String(name));
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

Deno.test("streamRoutes are read with the token for reading and changed with the one for control", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker, http: { tokens: { read, control } } });
  const asked = async (method: string, token?: string, path = "a") => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { ...TEXT, ...authorization };
    const body = method === "PUT" || method === "POST" ? { body: "x" } : {};
    return await statusOf(await server.ask(method, path, { headers, ...body }));
  };
  assertEquals([await asked("PUT"), await asked("PUT", read)], [401, 403]);
  assertEquals([await asked("PUT", control), await asked("POST", read)], [201, 403]);
  assertEquals([await asked("GET"), await asked("HEAD"), await asked("GET", read)], [
    401,
    401,
    200,
  ]);
  assertEquals(await asked("GET", undefined, "a?offset=-1&live=sse"), 401);
  assertEquals(await asked("GET", read, "a?offset=-1&live=sse"), 200);
  assertEquals(await asked("GET", "wrong-token-0123456789", "none"), 401);
  assertEquals([await asked("DELETE", read), await asked("DELETE", control)], [403, 204]);
});

Deno.test("streamRoutes are not reached by strange names and pages, and the broker is not asked", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const used: string[] = [];
  await using server = serveStreams({ broker: watched(broker, used) });
  const { port } = server.server.address;
  const begin = (method: string, path: string, ...headers: string[]) =>
    rawRequest(
      port,
      `${method} /streams/${path} HTTP/1.1\r\n${
        [...headers, "Connection: close", "Content-Type: text/plain"].join("\r\n")
      }\r\n\r\n`,
    );
  const own = `Host: 127.0.0.1:${port}`;
  const answers = [
    await begin("GET", "a?offset=-1&live=sse", "Host: evil.example"),
    await begin("GET", "a?offset=-1&live=long-poll", own, "Origin: https://evil.example"),
    await begin("PUT", "a", own, "Origin: null", "Content-Length: 0"),
    await begin("DELETE", "a", own, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"),
  ];
  const told = answers.map(({ status, body }) => `${status} ${/"code":"(\w+)"/.exec(body)?.[1]}`);
  const wrongOrigin = "403 ORIGIN_NOT_ALLOWED";
  assertEquals(told, ["403 HOST_NOT_ALLOWED", wrongOrigin, wrongOrigin, wrongOrigin]);
  assertEquals([used, server.readers()], [[], 0]);
  // The same requests do reach the broker where nothing is wrong with them.
  assertEquals(await statusOf(await server.ask("GET", "a")), 404);
  assertEquals(used, ["readJournal"]);
});

Deno.test("streamRoutes take long bodies of any type, and no other route does because of them", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const echo: RouteGroup = (app) => {
    app.post("/echo", async ({ req }) => Response.json((await req.raw.bytes()).byteLength));
  };
  const streams = streamRoutes({ broker });
  await using server = new HttpServer({ routes: [echo, streams] });
  const { url } = server.address;
  const send = async (method: string, path: string, type: string, bytes: number) => {
    const headers = { "content-type": type };
    const body = new Uint8Array(bytes);
    return await statusOf(await fetch(`${url}${path}`, { method, headers, body }));
  };
  const form = "application/x-www-form-urlencoded";
  assertEquals(await send("PUT", "/streams/a", form, 4_194_304), 201);
  assertEquals(await send("POST", "/streams/a", form, 4_194_305), 413);
  assertEquals(await send("POST", "/echo", form, 1), 415);
  assertEquals(await send("POST", "/echo", "application/json", 1_114_112), 200);
  assertEquals(await send("POST", "/echo", "application/json", 1_114_113), 413);
  assertEquals(await send("POST", "/streams", form, 1), 415);
});

Deno.test("HttpServer.close ends live readers with what they had, and disposes each group of routes", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const ended: string[] = [];
  const groupOf = (name: string, error?: Error): RouteGroup =>
    Object.assign(() => {}, {
      [Symbol.asyncDispose]: async () => {
        ended.push(name);
        if (error !== undefined) throw error;
      },
    });
  const lines: string[] = [];
  const server = new HttpServer({
    routes: [groupOf("first", new TypeError("canary")), streamRoutes({ broker }), groupOf("last")],
    log: { log: (...line) => lines.push(JSON.stringify(line)) },
  });
  const { port, url } = server.address;
  const append = { headers: TEXT, body: "x" };
  assertEquals(await statusOf(await fetch(`${url}/streams/a`, { method: "PUT", ...append })), 201);
  using reader = await RawConnection.open(port);
  await reader.write(
    `GET /streams/a?offset=-1&live=sse HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
  );
  await reader.readUntil('"upToDate":true}');
  const poll = fetch(`${url}/streams/a?offset=now&live=long-poll`);
  await eventually("both read", () => server.streamCount === 2);
  assertEquals(ended, []);
  await server.close();
  // The end of the answer, not of the connection: the reader knows that nothing is missing.
  const text = await reader.readUntil("\r\n0\r\n\r\n");
  assertEquals([text.includes("data:x\n\n"), text.endsWith("\r\n0\r\n\r\n")], [true, true]);
  assertEquals([await refusal(await poll), server.streamCount], ["503 CLOSED", 0]);
  assertEquals(ended, ["first", "last"]);
  assertEquals(lines, ['["error","Routes could not be closed",{"error":"TypeError"}]']);
});

Deno.test("streamRoutes tell a live reader that the stream was deleted, and end", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using server = serveStreams({ broker });
  await statusOf(await server.ask("PUT", "a", { headers: TEXT, body: "x" }));
  const live = await server.ask("GET", "a?offset=-1&live=sse");
  const text = live.text();
  await eventually("he waits", () => server.readers() === 1);
  assertEquals(await statusOf(await server.ask("DELETE", "a")), 204);
  assertEquals(
    (await text).split("\n\n").at(-2),
    [
      "event: problem",
      'data: {"status":404,"code":"STREAM_NOT_FOUND",' +
      '"title":"There is no such stream, create it with PUT"}',
    ].join("\n"),
  );
  await eventually("he has left", () => server.readers() === 0);
  assertEquals(server.lines, []);
});

Deno.test("GET /openapi.json tells the routes of streams, where they are", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const limits = { bodyBytesMax: 5_000_000 };
  await using server = new HttpServer({
    routes: [
      streamRoutes({ broker, basePath: "/v1/stream/", limits }),
      documentRoutes({ title: "Rig", version: "1" }),
    ],
  });
  const document = await (await fetch(`${server.address.url}/openapi.json`)).json();
  const said = await new Validator().validate(structuredClone(document));
  assertEquals([said.valid, said.errors], [true, undefined]);
  const { get, head, put, post, delete: remove, ...rest } = document.paths["/v1/stream/{name}"];
  const told = Object.entries({ get, head, put, post, remove }).map(([method, route]) => [
    method,
    Object.keys(Object(route).responses).map(Number),
    Object(route).parameters.map((each: { name: string }) => each.name),
  ]);
  const closed = "Stream-Closed";
  const life = ["Stream-TTL", "Stream-Expires-At"];
  const fork = ["Stream-Forked-From", "Stream-Fork-Offset", "Stream-Fork-Sub-Offset"];
  const producer = ["Producer-Id", "Producer-Epoch", "Producer-Seq"];
  assertEquals(told, [
    ["get", [200, 204, 304, 400, 401, 403, 404, 410, 429, 500, 503], [
      ...["name", "offset", "live", "cursor", "If-None-Match"],
    ]],
    ["head", [200, 400, 401, 403, 404, 410, 500, 503], ["name"]],
    ["put", [200, 201, 400, 401, 403, 404, 408, 409, 410, 413, 415, 500, 503], [
      ...["name", ...life, closed, ...fork],
    ]],
    ["post", [200, 204, 400, 401, 403, 404, 408, 409, 410, 413, 415, 429, 500, 503], [
      ...["name", "Stream-Seq", ...producer, closed],
    ]],
    ["remove", [204, 400, 401, 403, 404, 410, 500, 503], ["name"]],
  ]);
  assertEquals(rest, {});
  assertEquals(put.requestBody.description, "At most 5000000 bytes of any content type");
});
