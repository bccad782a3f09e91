/**
 * Events of runs over HTTP on every broker: adding them from outside, and reading them page by page.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { testOnEachBroker } from "../support/each_broker.ts";
import { RawConnection } from "./raw_http.ts";
import { RunsRig } from "./runs_rig.ts";

const many = (count: number) => ({
  events: Array.from({ length: count }, (_, index) => ({ type: "n", data: index })),
});

/** A page with events as their data, ids as their numbers. */
function short(page: unknown): Record<string, unknown> {
  const { events, has_more, next_id, gap } = Object(page);
  return {
    data: events.map(({ data }: { data: unknown }) => data),
    has_more,
    next: next_id === null ? null : Number(next_id.split("-")[1]),
    gap: gap === null ? null : gap.count,
  };
}

testOnEachBroker("POST /runs/{id}/events adds events, all or none", async ({ broker }) => {
  await using rig = new RunsRig(broker);
  await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
  const add = (body: unknown, headers = {}) => rig.ask("POST", "/runs/a/events", { body, headers });
  const data = {
    "__proto__": [],
    text: "\r\n\0\ud800\u2028",
    deep: JSON.parse("[".repeat(2_000) + "]".repeat(2_000)),
  };
  const added = await add({ events: [{ type: "first", data }, { type: "second" }] });
  const { ids } = Object(added.body);
  assertEquals([added.status, Object.keys(Object(added.body)), ids.length], [201, ["ids"], 2]);
  const { body } = await rig.ask("GET", "/runs/a/events");
  const at = (id: string) => new Date(Number(id.split("-")[0])).toISOString();
  assertEquals(
    JSON.stringify(Object(body).events),
    JSON.stringify([
      { id: ids[0], type: "first", data, at: at(ids[0]) },
      { id: ids[1], type: "second", data: null, at: at(ids[1]) },
    ]),
  );

  const good = { type: "good" };
  const refused: readonly (readonly [unknown, string, string])[] = [
    [{ events: [good, good, good, {}] }, "events.3.type", 'a text such as "step.done"'],
    [
      { events: [good, { type: "" }] },
      "events.1.type",
      'its type is missing, wanted a text such as "order.placed"',
    ],
    [
      { events: [good, { type: "run.completed" }] },
      "events.1.type",
      'its type begins with "run.", wanted one that does not',
    ],
    [
      { events: [{ type: "a\nb" }] },
      "events.0.type",
      "its type holds control characters, wanted printable text",
    ],
    [
      { events: [{ type: "ä".repeat(129) }] },
      "events.0.type",
      "its type has 258 bytes, wanted at most 256",
    ],
    [
      { events: [good, { type: "big", data: "x".repeat(1_048_575) }] },
      "events.1.data",
      "its data has 1048577 bytes as JSON, wanted less than 1048576",
    ],
    [
      { events: [{ ...good, date: 1 }] },
      "events.0",
      'nothing of the name "date", known are: type, data',
    ],
    [{ events: [] }, "events", "a list of 1 to 500 events"],
    [many(501), "events", "a list of 1 to 500 events"],
    [{ events: "all" }, "events", "a list of 1 to 500 events"],
  ];
  for (const [wrong, name, wanted] of refused) {
    const { status, body } = await add(wrong);
    assertEquals([status, Object(body).faults], [400, [{ in: "body", name, wanted }]]);
  }
  assertEquals(Object((await add(many(500))).body).ids.length, 500);
  assertEquals((await rig.runs.get("a")).eventCount, 502);
});

testOnEachBroker(
  "POST /runs/{id}/events made again with its key adds nothing twice",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
    // The answer is lost: the client is gone before it comes.
    const text = JSON.stringify(many(3));
    const lost = await RawConnection.open(rig.port);
    await lost.write([
      "POST /runs/a/events HTTP/1.1",
      `Host: 127.0.0.1:${rig.port}`,
      "Content-Type: application/json",
      `Content-Length: ${text.length}`,
      "Idempotency-Key: call-1",
      "",
      text,
    ].join("\r\n"));
    lost[Symbol.dispose]();
    const headers = { "idempotency-key": "call-1" };
    const add = () => rig.ask("POST", "/runs/a/events", { body: many(3), headers });
    const first = await add();
    assertEquals([first.status, (await add()).body], [201, first.body]);
    await rig.ask("POST", "/runs/a/end", { body: {} });
    // Also when the run takes nothing any more.
    assertEquals((await add()).body, first.body);
    const { body } = await rig.ask("GET", "/runs/a/events");
    assertEquals(short(body).data, [0, 1, 2, { reason: null }]);
    const other = await rig.refusal("POST", "/runs/a/events", { body: many(3) });
    assertEquals(other, "409 RUN_ENDED");
    for (const key of ["", "a b", "x".repeat(65), "a, b"]) {
      const { status, body } = await rig.ask("POST", "/runs/a/events", {
        body: many(1),
        headers: { "idempotency-key": key },
      });
      const wanted = "1 to 64 visible ASCII characters, given once";
      assertEquals([status, Object(body).faults], [400, [{
        in: "header",
        name: "Idempotency-Key",
        wanted,
      }]]);
    }
  },
);

testOnEachBroker(
  "POST /runs/{id}/events takes none for a run with code of its own",
  async ({ broker }) => {
    await using rig = new RunsRig(broker);
    rig.puppet();
    await rig.ask("POST", "/runs", { body: { kind: "puppet", id: "a" } });
    const { status, body } = await rig.ask("POST", "/runs/a/events", { body: many(1) });
    assertEquals([status, body], [409, {
      type: "about:blank",
      title: "A process of the service executes this run, only that changes it",
      status: 409,
      code: "RUN_OWNED",
    }]);
    assertEquals(
      await rig.refusal("POST", "/runs/b/events", { body: many(1) }),
      "404 RUN_NOT_FOUND",
    );
  },
);

testOnEachBroker(
  "GET /runs/{id}/events reads page by page, and says what is trimmed",
  async ({ broker }) => {
    await using rig = new RunsRig(broker, { manager: { lengthMax: 10 } });
    await rig.ask("POST", "/runs", { body: { kind: "outside", id: "a" } });
    const read = async (query: string) => (await rig.ask("GET", `/runs/a/events?${query}`)).body;
    assertEquals(short(await read("")), { data: [], has_more: false, next: null, gap: null });
    const { body: added } = await rig.ask("POST", "/runs/a/events", { body: many(10) });
    const { ids } = Object(added);
    const first = Object(await read("limit=4"));
    assertEquals(short(first), { data: [0, 1, 2, 3], has_more: true, next: 5, gap: null });
    assertEquals(first.run, (await rig.ask("GET", "/runs/a")).body);
    assertEquals(short(await read(`limit=4&start_id=${first.next_id}`)), {
      data: [4, 5, 6, 7],
      has_more: true,
      next: 9,
      gap: null,
    });
    const range = `start_id=${ids[2]}&end_id=${ids[4]}`;
    assertEquals(short(await read(range)), {
      data: [2, 3, 4],
      has_more: false,
      next: null,
      gap: null,
    });
    assertEquals(short(await read(`${range}&limit=2`)), {
      data: [2, 3],
      has_more: true,
      next: 5,
      gap: null,
    });
    const none = { data: [], has_more: false, next: null, gap: null };
    assertEquals(short(await read(`start_id=${ids[4]}&end_id=${ids[2]}`)), none);
    assertEquals(short(await read("start_id=99999999999999-1")), none);

    await rig.ask("POST", "/runs/a/events", { body: many(6) });
    const trimmed = Object(await read("limit=1"));
    assertEquals(trimmed.gap, { after_id: "0-0", until_id: ids[5], count: 6 });
    assertEquals([trimmed.events[0].id, trimmed.run.first_id], [ids[6], ids[6]]);
    assertEquals(short(await read(`start_id=${ids[6]}`)).gap, null);
    assertEquals((await rig.ask("HEAD", "/runs/a/events")).status, 200);
  },
);
