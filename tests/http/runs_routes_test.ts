/**
 * The life of runs over HTTP on every broker: start, show, list, cancel, end, delete.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { RunsRig } from "./runs_rig.ts";

/** A run without what differs each time. */
function steady(run: unknown): Record<string, unknown> {
  const { started_at, ended_at, last_id, first_id, expires_in_ms, ...rest } = Object(run);
  for (const time of [started_at, ended_at]) {
    if (time !== null) assertEquals(new Date(time).toISOString(), time);
  }
  assertMatch(last_id, /^\d+-\d+$/);
  return { ...rest, has_first: first_id !== null, expires: expires_in_ms !== null };
}

/** Waits until a run is stored with this status. */
async function stored(rig: RunsRig, run: string, status: string): Promise<void> {
  await eventually(`${run} is stored as ${status}`, async () => {
    const record = await rig.runs.store.get(run).catch(() => null);
    return record?.status === status;
  });
}

testOnEachBroker("POST /runs starts a run and tells where it is", async ({ broker }) => {
  await using rig = new RunsRig(broker);
  const puppet = rig.puppet();
  const started = await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "a-1" } });
  assertEquals([started.status, started.headers.get("location")], [201, "/runs/a-1"]);
  const run = {
    id: "a-1",
    kind: "puppet",
    status: "running",
    reason: null,
    event_count: 0,
    length: 0,
    owner: rig.runs.owner,
    has_first: false,
    expires: false,
  };
  assertEquals(steady(started.body), run);
  assertEquals(steady((await rig.ask("GET", "/runs/a-1")).body), run);
  assertEquals(
    await rig.refusal("POST", "/runs", { body: { kind: "puppet", id: "a-1" } }),
    "409 RUN_EXISTS",
  );

  (await puppet.context).emit("step", 1);
  puppet.end();
  await stored(rig, "a-1", "completed");
  const shown = await rig.ask("GET", "/runs/a-1");
  assertEquals(steady(shown.body), {
    ...run,
    status: "completed",
    event_count: 2,
    length: 2,
    has_first: true,
    expires: true,
  });
  const head = await rig.ask("HEAD", "/runs/a-1");
  assertEquals([head.status, head.body], [200, null]);
});

testOnEachBroker("POST /runs hands its input to the code", async ({ broker }) => {
  await using rig = new RunsRig(broker);
  for (
    const [index, input] of [{ "__proto__": 1, a: [null, "\ud800\r\n\0"] }, undefined].entries()
  ) {
    const body = { kind: "echo", id: `e${index}`, ...(input === undefined ? {} : { input }) };
    assertEquals((await rig.ask("POST", "/runs", { body })).status, 201);
    await stored(rig, `e${index}`, "completed");
    const { body: page } = await rig.ask("GET", `/runs/e${index}/events`);
    const [event] = Object(page).events;
    assertEquals(JSON.stringify(event.data), JSON.stringify(input ?? null));
  }
});

testOnEachBroker(
  "POST /runs tells which kinds there are, and what is wrong",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    const { status, body } = await rig.ask("POST", "/runs", { body: { kind: "other" } });
    assertEquals([status, body], [400, {
      type: "about:blank",
      title: "A part of the request is not valid",
      status: 400,
      code: "INVALID_RUN_KIND",
      detail:
        'Cannot use "other" as a kind of runs: it is not defined here, known are: outside, puppet, echo',
    }]);
    const wrong = await rig.ask("POST", "/runs", { body: { kind: 1, id: "a:b", inputs: {} } });
    const name = "a letter or digit, then at most 127 of A-Z, a-z, 0-9, dot, _ and -";
    assertEquals([wrong.status, Object(wrong.body).faults], [400, [
      { in: "body", name: "kind", wanted: `${name}, given once` },
      { in: "body", name: "id", wanted: name },
      { in: "body", name: "", wanted: 'nothing of the name "inputs", known are: kind, input, id' },
    ]]);
    for (
      const [text, code] of [["{", "INVALID_JSON"], ["", "INVALID_JSON"], ["[]", "INVALID_REQUEST"]]
    ) {
      assertEquals(await rig.refusal("POST", "/runs", { body: text }), `400 ${code}`);
    }
    assertEquals(
      await rig.refusal("POST", "/runs", {
        body: "a=1",
        headers: { "content-type": "text/plain" },
      }),
      "415 CONTENT_TYPE_WRONG",
    );
    assertEquals((await rig.runs.list({ limit: 10 })).runs, []);
  },
);

testOnEachBroker(
  "GET /runs lists them page by page, by kind, status and order",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    for (const id of ["one", "two", "three"]) {
      await rig.ask("POST", "/runs", { body: { kind: "outside", id } });
    }
    await rig.ask("POST", "/runs/two/end", { body: { status: "failed", reason: "no room" } });
    const ids = async (query: string) => {
      const { status, body } = await rig.ask("GET", `/runs?${query}`);
      return [status, Object(body).runs.map(({ id }: { id: string }) => id), Object(body).next];
    };
    const all = await ids("");
    assertEquals([...Object(all[1])].sort(), ["one", "three", "two"]);
    const oldest = await ids("order=oldest");
    assertEquals(await ids("order=newest"), all);
    assertEquals([...Object(oldest[1])].reverse(), all[1]);
    const [, first, next] = await ids("order=oldest&limit=2");
    const [, rest, end] = await ids(
      `order=oldest&limit=2&after=${encodeURIComponent(String(next))}`,
    );
    assertEquals([[...Object(first), ...Object(rest)], end], [oldest[1], null]);
    assertEquals(await ids("status=failed&kind=outside"), [200, ["two"], null]);
    assertEquals(await ids("kind=puppet"), [200, [], null]);
    assertEquals((await rig.ask("HEAD", "/runs")).status, 200);
  },
);

testOnEachBroker("POST /runs/{id}/cancel ends a run once, and says so", async ({ broker }) => {
  await using rig = new RunsRig(broker);
  const puppet = rig.puppet();
  await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "mine" } });
  const { signal } = await puppet.context;
  const first = await rig.ask("POST", "/runs/mine/cancel", { body: { reason: "enough" } });
  assertEquals([first.status, Object(first.body).had_ended, signal.aborted], [202, false, true]);
  puppet.end();
  await stored(rig, "mine", "cancelled");
  const again = await rig.ask("POST", "/runs/mine/cancel", { body: {} });
  const { had_ended, run } = Object(again.body);
  assertEquals([again.status, had_ended, run.status, run.reason], [
    200,
    true,
    "cancelled",
    "enough",
  ]);

  await rig.ask("POST", "/runs", { body: { kind: "outside", id: "theirs" } });
  const theirs = await rig.ask("POST", "/runs/theirs/cancel", { body: {} });
  assertEquals([theirs.status, Object(theirs.body).run.status], [202, "cancelled"]);
  const long = { body: { reason: "x".repeat(501) } };
  assertEquals(await rig.refusal("POST", "/runs/theirs/cancel", long), "400 INVALID_REQUEST");
  assertEquals(await rig.refusal("POST", "/runs/none/cancel", { body: {} }), "404 RUN_NOT_FOUND");
  assertEquals(rig.log.having("a run was cancelled by a request").map(({ fields }) => fields), [
    { run: "mine" },
    { run: "theirs" },
  ]);
});

testOnEachBroker(
  "POST /runs/{id}/end ends a run from outside, and no other",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    for (
      const [id, body, status, reason] of [
        ["a", {}, "completed", null],
        ["b", { status: "failed", reason: "lost" }, "failed", "lost"],
        ["c", { status: "cancelled" }, "cancelled", null],
      ] as const
    ) {
      await rig.ask("POST", "/runs", { body: { kind: "outside", id } });
      const ended = await rig.ask("POST", `/runs/${id}/end`, { body });
      const run = Object(ended.body);
      assertEquals([ended.status, run.status, run.reason, run.event_count], [
        200,
        status,
        reason,
        1,
      ]);
    }
    const end = (id: string, body = {}) => rig.refusal("POST", `/runs/${id}/end`, { body });
    assertEquals(await end("a"), "409 RUN_ENDED");
    assertEquals(await end("none"), "404 RUN_NOT_FOUND");
    assertEquals(await end("a", { status: "interrupted" }), "400 INVALID_REQUEST");
    rig.puppet();
    // Whether it is stored already or not.
    await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "stored" } });
    const { body } = await rig.ask("POST", "/runs", { body: { kind: "puppet" } });
    for (const id of ["stored", Object(body).id]) {
      const refused = await rig.ask("POST", `/runs/${id}/end`, { body: {} });
      assertEquals(refused.status, 409);
      assert(!JSON.stringify(refused.body).includes(rig.runs.owner));
    }
  },
);

testOnEachBroker(
  "DELETE /runs/{id} deletes what has ended, and nothing that runs",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
    const refused = await rig.ask("DELETE", "/runs/a");
    assertEquals([refused.status, Object(refused.body).code, Object(refused.body).detail], [
      409,
      "RUN_RUNNING",
      'Cannot delete run "a": it is running, cancel it first',
    ]);
    await rig.ask("POST", "/runs/a/end", { body: {} });
    const deleted = await rig.ask("DELETE", "/runs/a");
    assertEquals([deleted.status, deleted.body], [204, null]);
    for (const path of ["/runs/a", "/runs/a/events", "/runs/a/events/stream"]) {
      assertEquals(await rig.refusal("GET", path), "404 RUN_NOT_FOUND");
    }
    assertEquals(await rig.refusal("DELETE", "/runs/a"), "404 RUN_NOT_FOUND");
    assertEquals(
      (await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } })).status,
      201,
    );
  },
);

Deno.test("DELETE /runs/{id} leaves a run that was started anew in the very moment", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = new RunsRig(broker, {
    around: (runs) => {
      const { store } = runs;
      const hurried = new Proxy(store, {
        get: (target, name) => {
          if (name !== "delete") return Reflect.get(target, name);
          return async (...[run, options]: Parameters<typeof store.delete>) => {
            await store.delete(run);
            await store.create(run, { kind: "outside" });
            return await store.delete(run, options);
          };
        },
      });
      return new Proxy(runs, {
        get: (target, name) => {
          const value: unknown = name === "store" ? hurried : Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  });
  await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
  await rig.ask("POST", "/runs/a/end", { body: {} });
  assertEquals(await rig.refusal("DELETE", "/runs/a"), "409 RUN_RUNNING");
  assertEquals((await rig.runs.get("a")).status, "running");
});

testOnEachBroker("DELETE /runs/{id} deletes a run whose record is damaged", async ({ broker }) => {
  await using rig = new RunsRig(broker);
  await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
  await broker.changeJournal({ space: "runs", name: "a" }, { state: '{"canary":1}' });
  const { status, body } = await rig.ask("GET", "/runs/a");
  assertEquals([status, Object(body).code, Object(body).detail], [
    500,
    "JOURNAL_DAMAGED",
    undefined,
  ]);
  assertEquals((await rig.ask("DELETE", "/runs/a")).status, 204);
  assertEquals(await rig.refusal("GET", "/runs/a"), "404 RUN_NOT_FOUND");
});

testOnEachBroker("runs that have expired are told as such on every route", async ({ broker }) => {
  await using rig = new RunsRig(broker, { manager: { ttlMs: 1 } });
  await rig.ask("POST", "/runs", { body: { kind: "echo", id: "a" } });
  await eventually("it has expired", async () => {
    return await rig.refusal("GET", "/runs/a") === "410 RUN_EXPIRED";
  });
  for (const path of ["/runs/a/events", "/runs/a/events/stream"]) {
    assertEquals(await rig.refusal("GET", path), "410 RUN_EXPIRED", path);
  }
  assertEquals(await rig.refusal("DELETE", "/runs/a"), "410 RUN_EXPIRED");
  assertEquals(await rig.refusal("POST", "/runs/a/cancel", { body: {} }), "410 RUN_EXPIRED");
  assertEquals(await rig.refusal("POST", "/runs/a/end", { body: {} }), "410 RUN_EXPIRED");
  const body = { events: [{ type: "late" }] };
  assertEquals(await rig.refusal("POST", "/runs/a/events", { body }), "410 RUN_EXPIRED");
});
