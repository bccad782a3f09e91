/**
 * The routes of runs when things go wrong: a broker that is away or says nothing, tokens that are missing, a run that is
 * not stored yet. Every status that the OpenAPI document promises has its way to come about, and the document is valid.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { AccessDeniedError } from "../../src/domain/errors.ts";
import * as runErrors from "../../src/domain/run_errors.ts";
import * as journalErrors from "../../src/domain/journal_errors.ts";
import { problemOf } from "../../src/http/problem.ts";
import type { RunService } from "../../src/ports/run_service.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { BrokenLine } from "../runs/broken_line.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { RunReader, told } from "./runs_reader.ts";
import { RunsRig } from "./runs_rig.ts";

/** Every route that asks the broker, with what it needs. */
const ROUTES: readonly (readonly [string, string, unknown?])[] = [
  ["GET", "/runs"],
  ["GET", "/runs/a"],
  ["GET", "/runs/a/events"],
  ["GET", "/runs/a/events/stream"],
  ["GET", "/runs/a/events/stream?on_gap=fail"],
  ["DELETE", "/runs/a"],
  ["POST", "/runs", { kind: "outside" }],
  ["POST", "/runs/a/cancel", {}],
  ["POST", "/runs/a/end", {}],
  ["POST", "/runs/a/events", { events: [{ type: "x" }] }],
];

const BROKER_TIRED = "503 BROKER_UNAVAILABLE";

Deno.test("every route of runs is 503 within a bound while Redis is away, and works again afterwards", async () => {
  await using server = await startRedisServer({ appendonly: true });
  await using broker = await openRedisBroker({ url: server.url, callTimeoutMs: 500 });
  // The store waits for seconds, of which this clock makes milliseconds.
  let shortenedMs = 0;
  const hurried = {
    nowMs: () => systemClock.nowMs() + shortenedMs,
    after(delayMs: number, callback: () => void) {
      shortenedMs += delayMs;
      return systemClock.after(Math.min(delayMs, 5), callback);
    },
  };
  await using rig = new RunsRig(broker, { manager: { clock: hurried, ttlMs: 600_000_000 } });
  await rig.runs.start("outside", null, { run: "a" });
  const puppet = rig.puppet();
  const mine = await rig.runs.start("puppet", null);
  (await puppet.context).emit("here");
  await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream`);
  await eventually("it follows", () => rig.runs.subscriptionCount === 1);
  await server.kill("SIGKILL");
  const beganMs = Date.now();
  for (const [method, path, body] of ROUTES) {
    const answer = await rig.ask(method, path, body === undefined ? {} : { body });
    const { status, headers } = answer;
    assertEquals([status, headers.get("retry-after"), path], [503, "2", path]);
    const text = JSON.stringify(answer.body);
    for (const secret of ["redis://", "127.0.0.1", "ECONN", " at "]) assert(!text.includes(secret));
  }
  assert(Date.now() - beganMs < 10_000);
  // What this process knows by itself it tells; and who follows stays.
  assertEquals((await rig.ask("GET", `/runs/${mine}`)).status, 200);
  await using live = await RunReader.open(`${rig.url}/runs/${mine}/events/stream`);
  assertEquals(told(await live.readCount(1)), ["here null"]);
  await server.start();
  await eventually(
    "the broker is back",
    async () => (await rig.ask("GET", "/runs/a")).status === 200,
  );
  await eventually("it can be changed", async () => {
    const body = { events: [{ type: "again" }] };
    const headers = { "idempotency-key": "once" };
    return (await rig.ask("POST", "/runs/a/events", { body, headers })).status === 201;
  });
  assertEquals(told(await reader.readCount(1)), ["again null"]);
});

Deno.test("a broker that never answers is 503 after 3 s for reading, after 12 s for changing", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const clock = new VirtualClock();
  const silent = new Proxy({}, { get: () => () => new Promise(() => {}) });
  const around = (): RunService =>
    new Proxy(Object(silent), {
      get: (target, name) => name === "store" ? silent : Reflect.get(target, name),
    });
  await using rig = new RunsRig(broker, { clock, around });
  for (const [method, path, body] of ROUTES) {
    const answer = rig.refusal(method, path, body === undefined ? {} : { body });
    await eventually("it waits", () => clock.timerCount === 1);
    const isChange = method === "POST";
    await clock.advance((isChange ? 12_000 : 3_000) - 1);
    assertEquals(clock.timerCount, 1, path);
    await clock.advance(1);
    assertEquals(await answer, isChange ? "503 UNKNOWN_OUTCOME" : BROKER_TIRED, path);
  }
  assertEquals(clock.timerCount, 0);
});

Deno.test("a run that cannot be followed after its stream was opened ends it by a problem", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const clock = new VirtualClock();
  const asked = Promise.withResolvers<void>();
  await using rig = new RunsRig(broker, {
    clock,
    around: (runs) =>
      new Proxy(runs, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name === "subscribe") {
            return () => {
              asked.resolve();
              return new Promise(() => {});
            };
          }
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  await rig.runs.start("outside", null, { run: "a" });
  await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream`);
  await asked.promise;
  await clock.advance(3_000);
  const data = '{"status":503,"code":"BROKER_UNAVAILABLE","title":"The broker is not available"}';
  assertEquals(told(await reader.readAll()), [`problem ${data}`]);
  assertEquals([rig.server.streamCount, clock.timerCount], [0, 0]);
});

Deno.test("a run that breaks off under its followers ends their streams by a problem", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const line = new BrokenLine(broker);
  let denied = false;
  const careful = new Proxy(line.broker, {
    get: (target, name) => {
      if (name !== "readJournal" || !denied) return Reflect.get(target, name);
      return () => Promise.reject(new AccessDeniedError("read", "NOPERM for canary"));
    },
  });
  await using rig = new RunsRig(careful);
  await rig.runs.start("outside", null, { run: "a" });
  await rig.runs.store.add("a", { type: "x" });
  denied = true;
  await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream`);
  const title = "Something went wrong in this service; its log says what";
  const data = JSON.stringify({ status: 500, code: "INTERNAL", title });
  assertEquals(told(await reader.readAll()), [`problem ${data}`]);
  assertEquals(JSON.stringify(rig.log.lines).includes("canary"), false);
  await eventually(
    "nothing is left",
    () => rig.runs.subscriptionCount + rig.server.streamCount === 0,
  );
});

Deno.test("a run of this process that is not stored yet is there on every route", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const line = new BrokenLine(broker);
  const around = (name: string | symbol) =>
    // Only what a run's own writer calls is held up.
    name === "createJournal" ? () => held.promise : Reflect.get(line.broker, name);
  const held = Promise.withResolvers<never>();
  const slow = new Proxy(line.broker, { get: (_, name) => around(name) });
  await using rig = new RunsRig(slow, { manager: { cancelMs: 10 } });
  const puppet = rig.puppet();
  const started = await rig.ask("POST", "/runs", { body: { kind: "puppet" } });
  const { id } = Object(started.body);
  assertEquals([started.status, started.headers.get("location")], [201, `/runs/${id}`]);
  const first = (await puppet.context).emit("here");
  const { status, body } = await rig.ask("GET", `/runs/${id}/events`);
  const { events, has_more, next_id, gap, run } = Object(body);
  assertEquals([status, events, has_more, next_id, gap], [200, [], false, null, null]);
  assertEquals([run.event_count, run.length, run.last_id], [1, 0, first]);
  const add = { events: [{ type: "x" }] };
  assertEquals(await rig.refusal("POST", `/runs/${id}/events`, { body: add }), "409 RUN_OWNED");
  assertEquals(await rig.refusal("POST", `/runs/${id}/end`, { body: {} }), "409 RUN_OWNED");
  assertEquals(await rig.refusal("DELETE", `/runs/${id}`), "409 RUN_RUNNING");
  await using reader = await RunReader.open(`${rig.url}/runs/${id}/events/stream?on_gap=fail`);
  assertEquals(told(await reader.readCount(1)), ["here null"]);
  puppet.end();
  await reader.readAll();
  const deleted = await rig.ask("DELETE", `/runs/${id}`);
  assertEquals([deleted.status, Object(deleted.body).code, deleted.headers.get("retry-after")], [
    503,
    "RUN_NOT_STORED",
    "1",
  ]);
  held.reject(new AccessDeniedError("write", "NOPERM"));
  await rig.runs.stop({ storeMs: 0 });
});

Deno.test("tokens decide who may read runs and who may change them", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const tokens = { read: "read-token-0123456789", control: "control-token-0123456789" };
  await using rig = new RunsRig(broker, { server: { tokens } });
  await rig.runs.start("outside", null, { run: "a" });
  for (const [method, path, body] of ROUTES) {
    const given = body === undefined ? {} : { body };
    assertEquals(await rig.refusal(method, path, given), "401 TOKEN_MISSING", path);
    if (method === "GET") continue;
    const headers = { authorization: `Bearer ${tokens.read}` };
    assertEquals(await rig.refusal(method, path, { ...given, headers }), "403 CONTROL_NOT_ALLOWED");
  }
  const headers = { authorization: `Bearer ${tokens.read}` };
  assertEquals((await rig.ask("GET", "/runs/a", { headers })).status, 200);
  await using reader = await RunReader.open(`${rig.url}/runs/a/events/stream`, headers);
  assertEquals(reader.hasEnded, false);
});

Deno.test("POST /runs tells the id of what it has started, also when the broker goes away by then", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = new RunsRig(broker, {
    around: (runs) =>
      new Proxy(runs, {
        get: (target, name) => {
          const value: unknown = Reflect.get(target, name, target);
          if (name === "get") return () => Promise.reject(new Error("redis://canary"));
          return typeof value === "function" ? value.bind(target) : value;
        },
      }),
  });
  const { status, headers, body } = await rig.ask("POST", "/runs", { body: { kind: "outside" } });
  const { started_at, ...run } = Object(body);
  assertEquals([status, headers.get("location")], [201, `/runs/${run.id}`]);
  assert(Math.abs(Date.parse(started_at) - Date.now()) < 60_000);
  const real = await rig.runs.get(run.id);
  assertEquals(run, {
    id: real.run,
    kind: "outside",
    status: "running",
    ended_at: null,
    reason: null,
    event_count: 0,
    length: 0,
    first_id: null,
    last_id: "0-0",
    expires_in_ms: null,
    owner: null,
  });
});

Deno.test("problemOf knows every error of runs and journals", () => {
  const made: Record<string, unknown> = {
    InvalidRunIdError: new runErrors.InvalidRunIdError("a:b"),
    InvalidRunKindError: new runErrors.InvalidRunKindError("a:b"),
    InvalidRunEventError: new runErrors.InvalidRunEventError("no type"),
    RunMissingError: new runErrors.RunMissingError("a", { hasExpired: true }),
    RunExistsError: new runErrors.RunExistsError("a"),
    RunEndedError: new runErrors.RunEndedError("a", "failed"),
    RunOwnedError: new runErrors.RunOwnedError("a", "canary"),
    RunAbortedError: new runErrors.RunAbortedError("a", "canary"),
    JournalMissingError: new journalErrors.JournalMissingError({ space: "runs", name: "canary" }),
    JournalChangedError: new journalErrors.JournalChangedError(
      Object({ journal: { space: "runs", name: "canary" }, version: 2 }),
    ),
    JournalDamagedError: new journalErrors.JournalDamagedError(
      { space: "runs", name: "canary" },
      "canary",
    ),
  };
  const known = [...Object.keys(runErrors), ...Object.keys(journalErrors)];
  assertEquals(Object.keys(made).sort(), known.sort());
  const problems = Object.entries(made).map(([name, error]) => {
    const { status, code, title, detail = "" } = problemOf(error);
    assert(!`${title}${detail}`.includes("canary"), name);
    return `${status} ${code}`;
  });
  assertEquals(problems, [
    "400 INVALID_RUN_ID",
    "400 INVALID_RUN_KIND",
    "400 INVALID_RUN_EVENT",
    "410 RUN_EXPIRED",
    "409 RUN_EXISTS",
    "409 RUN_ENDED",
    "409 RUN_OWNED",
    "409 RUN_ABORTED",
    "404 JOURNAL_MISSING",
    "409 JOURNAL_CHANGED",
    "500 JOURNAL_DAMAGED",
  ]);
});

Deno.test("GET /openapi.json tells the routes of runs, validly and with every status", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = new RunsRig(broker);
  const { body: document } = await rig.ask("GET", "/openapi.json");
  const { paths, components } = Object(document);
  const said = await new Validator().validate(structuredClone(Object(document)));
  assertEquals([said.valid, said.errors], [true, undefined]);
  const statuses = Object.fromEntries(
    Object.entries(paths).filter(([path]) => path.startsWith("/runs")).flatMap(([path, item]) =>
      Object.entries(Object(item)).map(([method, route]) => {
        const { summary, responses } = Object(route);
        assert(summary !== undefined);
        return [`${method} ${path}`, Object.keys(responses).join(" ")];
      })
    ),
  );
  assertEquals(statuses, {
    "post /runs": "201 400 401 403 408 409 413 415 500 503",
    "get /runs": "200 400 401 403 500 503",
    "get /runs/{id}": "200 400 401 403 404 410 500 503",
    "delete /runs/{id}": "204 400 401 403 404 409 410 500 503",
    "post /runs/{id}/cancel": "200 202 400 401 403 404 408 410 413 415 500 503",
    "post /runs/{id}/end": "200 400 401 403 404 408 409 410 413 415 500 503",
    "post /runs/{id}/events": "201 400 401 403 404 408 409 410 413 415 500 503",
    "get /runs/{id}/events": "200 400 401 403 404 410 500 503",
    "get /runs/{id}/events/stream": "200 204 400 401 403 404 410 429 500 503",
  });
  assertEquals(components.schemas.RunGap.type, "object");
  const [, , limit] = paths["/runs/{id}/events"].get.parameters.slice(-3);
  assertEquals(limit.schema, {
    type: "integer",
    description: "At most so many",
    minimum: 1,
    maximum: 1_000,
    default: 100,
  });
});
