/**
 * Requests that nobody should send, to every route of a real service on a real socket: odd paths, queries, headers and
 * bodies, and bytes that are no request. Each is answered, none by a failure of the service, each refusal has its code, and
 * the service goes on as before.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { TokenCheck } from "../../src/http/tokens.ts";
import { defineRun } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import { RawConnection } from "../http/raw_http.ts";
import { inspected, type InspectedService } from "../inspector/routes_rig.ts";
import { CASES, fewerCases } from "../support/cases.ts";
import {
  anyDamage,
  CANARY,
  damagedBytes,
  damagedText,
  hostileJson,
  hostileText,
} from "../support/hostile.ts";

/** Routes, and a body that they would take. */
const ROUTES: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["GET", "/runs"],
  ["POST", "/runs", { kind: "outside", id: "b", input: { a: 1 } }],
  ["POST", "/runs", { kind: "echo", input: [CANARY] }],
  ["GET", "/runs/{}"],
  ["DELETE", "/runs/{}"],
  ["POST", "/runs/{}/cancel", { reason: "no" }],
  ["POST", "/runs/{}/end", { status: "completed", reason: "done" }],
  ["GET", "/runs/{}/events"],
  ["POST", "/runs/{}/events", { events: [{ type: "step", data: { n: 1 } }] }],
  ["GET", "/runs/{}/events/stream"],
  ["PUT", "/streams/{}", "text"],
  ["POST", "/streams/{}", [{ a: 1 }]],
  ["GET", "/streams/{}"],
  ["HEAD", "/streams/{}"],
  ["DELETE", "/streams/{}"],
  ["GET", "/inspector/instances"],
  ["GET", "/inspector/frames"],
  ["GET", "/inspector/session"],
  ["GET", "/inspector/pending"],
  ["GET", "/inspector/dead-letters"],
  ["GET", "/inspector/charts/{}"],
  ["POST", "/inspector/commands", {
    command: "pause",
    stream: "jobs",
    group: "calm",
    consumer: "main",
  }],
  ["POST", "/inspector/dead-letters/replay", { stream: "jobs", group: "calm", ids: ["1-0"] }],
  ["GET", "/{}"],
  ["GET", "/health"],
  ["GET", "/openapi.json"],
];

const QUERY_NAMES = [
  ...["limit", "start_id", "end_id", "last_event_id", "on_gap", "status", "kind", "order", "after"],
  ...[
    "offset",
    "cursor",
    "live",
    "instance",
    "back",
    "everything",
    "stream",
    "group",
    "consumer",
    "id",
  ],
];

const HEADER_NAMES = [
  ...[
    "last-event-id",
    "content-type",
    "accept",
    "authorization",
    "origin",
    "if-none-match",
    "if-match",
  ],
  ...["stream-ttl", "stream-expires-at", "stream-seq", "stream-closed", "stream-forked-from"],
  ...["stream-fork-offset", "producer-id", "producer-epoch", "producer-seq", "content-encoding"],
  ...["cookie", "range", "x-forwarded-for", "sec-fetch-site", "prefer"],
];

const value = fc.oneof(
  hostileText,
  fc.constantFrom(
    ...["1", "0", "-1", "now", "1-0", "5-1", "jobs", "calm", "true", "a", "b", "skip", "10"],
    ...["0000000000000001_0000000000000000", "application/json", "text/plain", "sse", "/streams/a"],
  ),
);

/** A part of a path, coded right, twice, or not at all. */
const part = fc.tuple(value, fc.nat({ max: 3 })).map(([text, how]) => {
  const coded = encodeURIComponent(text.toWellFormed().slice(0, 1_000));
  if (how === 0) return encodeURIComponent(coded);
  return how === 1 ? `${coded}%E0%A4%A` : coded;
});

interface Odd {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
}

const anyOdd: fc.Arbitrary<Odd> = fc.record({
  route: fc.constantFrom(...ROUTES),
  id: fc.oneof({ weight: 2, arbitrary: fc.constantFrom("a", "b") }, { weight: 1, arbitrary: part }),
  query: fc.array(fc.tuple(fc.oneof(fc.constantFrom(...QUERY_NAMES), hostileText), value), {
    maxLength: 3,
  }),
  headers: fc.array(fc.tuple(fc.constantFrom(...HEADER_NAMES), value), { maxLength: 2 }),
  damage: anyDamage(hostileJson),
  text: fc.option(fc.oneof(hostileText, hostileJson.map((each) => JSON.stringify(each))), {
    nil: undefined,
    freq: 4,
  }),
  bytes: fc.option(fc.uint8Array({ maxLength: 30 }), { nil: undefined, freq: 8 }),
  method: fc.option(fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"), {
    nil: undefined,
    freq: 6,
  }),
  isWhole: fc.boolean(),
}).map(({ route, id, query, headers, damage, text, bytes, method, isWhole }) => {
  const [usual, path, body] = route;
  const search = new URLSearchParams(query.map(([name, each]) => [name, each.slice(0, 2_000)]));
  const used = method ?? usual;
  const hasBody = used !== "GET" && used !== "HEAD" && body !== undefined;
  return {
    method: used,
    path: path.replace("{}", id) + (query.length === 0 ? "" : `?${search}`),
    headers: [
      ...hasBody ? [["content-type", "application/json"] as const] : [],
      ...headers.map(([name, each]) =>
        [name, each.replace(/[^\x20-\x7e]/g, "?").trim().slice(0, 2_000)] as const
      ),
    ],
    body: hasBody ? bytes ?? text ?? JSON.stringify(isWhole ? body : damage(body)) : undefined,
  };
});

/** A service with everything in it: two runs, two streams, a consumer and its inspector. */
async function everything(): Promise<AsyncDisposable & { readonly service: InspectedService }> {
  await using open = new AsyncDisposableStack();
  const broker = open.use(await openSqliteBroker({ path: ":memory:" }));
  const kinds = [
    defineRun({ kind: "outside", external: true }),
    defineRun({ kind: "echo", start: (ctx, input) => void ctx.emit("echo", input) }),
  ];
  const runs = new RunManager({ broker, kinds, leaseMs: 60_000 });
  open.defer(() => runs.stop());
  for (const run of ["a", "b"]) await runs.start("outside", { a: 1 }, { run });
  const limits = { bodyMsMax: 100, streamsPerAddressMax: 256, heartbeatMs: 60_000 };
  const service = open.use(
    await inspected(broker, { http: { runs, broker, limits }, inspector: { commands: true } }),
  );
  const parts = open.move();
  return { service, [Symbol.asyncDispose]: () => parts.disposeAsync() };
}

/** What is sent back of a refusal is fit to be shown, and tells nothing that it should not. */
function assertProblem(status: number, text: string): void {
  const problem = JSON.parse(text);
  assertEquals(problem.status, status);
  assert(/^[A-Z][A-Z_]+$/.test(problem.code), text);
  assertFalse(
    /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(JSON.stringify([problem.title, problem.detail])),
  );
  assertFalse(/\bat \w+.*\.ts:|sqlite|TypeError/i.test(text), text);
}

Deno.test("every route answers any request, refuses what does not fit by a code, and never fails", async () => {
  await using rig = await everything();
  const { service } = rig;
  await fc.assert(
    fc.asyncProperty(anyOdd, async ({ method, path, headers, body }) => {
      // Waiting for news is what a long poll is for.
      fc.pre(!path.includes("live=long-poll"));
      const answer = await fetch(`${service.url}${path}`, {
        method,
        headers: new Headers(headers.map(([name, each]): [string, string] => [name, each])),
        ...body === undefined ? {} : { body },
        signal: AbortSignal.timeout(10_000),
      });
      const said = `${method} ${path} ${answer.status}`;
      assert(answer.status < 500, `${said} ${answer.status < 500 ? "" : await answer.text()}`);
      const type = answer.headers.get("content-type") ?? "";
      if (type.startsWith("text/event-stream")) return await answer.body?.cancel();
      const text = await answer.text();
      if (answer.status < 400 || method === "HEAD") return;
      assertProblem(answer.status, text);
    }),
    CASES,
  );
  assertEquals(service.log.lines.filter(({ level }) => level === "error"), []);
  assertEquals(
    (await fetch(`${service.url}/health`).then((answer) => answer.text())).length > 0,
    true,
  );
});

Deno.test("bytes that are hardly a request are answered or dropped, and the next request is served", async () => {
  await using rig = await everything();
  const { service } = rig;
  const port = Number(new URL(service.url).port);
  const body = '{"events":[{"type":"step"}]}';
  const common = `Host: 127.0.0.1:${port}\r\nConnection: close\r\n`;
  const whole = [
    `GET /runs/a/events?limit=5 HTTP/1.1\r\n${common}\r\n`,
    `POST /runs/a/events HTTP/1.1\r\n${common}Content-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\n\r\n${body}`,
    `POST /runs/a/events HTTP/1.1\r\n${common}Content-Type: application/json\r\n` +
    `Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    `PUT /streams/s HTTP/1.1\r\n${common}Content-Type: text/plain\r\nContent-Length: 1\r\n\r\nx`,
  ];
  const encoder = new TextEncoder();
  const bytes = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(...whole).chain((text) => damagedBytes(encoder.encode(text))),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...whole).chain(damagedText).map((text) => encoder.encode(text)),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  );
  await fc.assert(
    fc.asyncProperty(bytes, async (content) => {
      using connection = await RawConnection.open(port);
      const hung = setTimeout(() => connection[Symbol.dispose](), 10_000);
      await connection.write(Uint8Array.from(content));
      await connection.end();
      const { status, body } = await connection.readAll();
      clearTimeout(hung);
      assert(status < 500, `${status} ${body}`);
      assertFalse(body.includes(".ts:"), body);
    }),
    fewerCases(2),
  );
  assertEquals(service.log.lines.filter(({ level }) => level === "error"), []);
  assertEquals((await fetch(`${service.url}/runs/a`).then((answer) => answer.json())).id, "a");
});

Deno.test("TokenCheck gives access for a token itself and for nothing like it", () => {
  const tokens = { read: "r".repeat(16), control: "c0ntrol-".repeat(3) };
  const check = new TokenCheck(tokens);
  const header = fc.oneof(
    hostileText,
    fc.constantFrom(`Bearer ${tokens.read}`, `Bearer ${tokens.control}`),
    fc.constantFrom(`Bearer ${tokens.read}`, `bearer ${tokens.control}`).chain(damagedText),
  );
  fc.assert(
    fc.property(header, (authorization) => {
      const token = /^bearer +(.*)$/i.exec(authorization)?.[1];
      const wanted = token === tokens.control ? "control" : token === tokens.read ? "read" : "none";
      assertEquals(check.accessOf(authorization), wanted);
    }),
    CASES,
  );
});
