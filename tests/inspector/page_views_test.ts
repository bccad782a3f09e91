/**
 * What the page makes of frames before it draws them: rows of the tree, filters, messages, alarms, active states.
 *
 * @module
 */

import { shortNames } from "../../src/inspector/page/short_names.ts";
import { assertEquals } from "@std/assert";
import type { Chart } from "../../src/inspector/chart/chart.ts";
import { fleetOf } from "../../src/inspector/fleet.ts";
import type { ActorState } from "../../src/inspector/format.ts";
import { acceptedEvents, activeStates } from "../../src/inspector/page/active_states.ts";
import { alarmsOf, USUAL_WISHES, wishesOf } from "../../src/inspector/page/alarms.ts";
import { ChartCounts } from "../../src/inspector/page/chart_counts.ts";
import { fleetRows } from "../../src/inspector/page/fleet_rows.ts";
import { kindOf, stateText } from "../../src/inspector/page/kinds.ts";
import { matcherOf, NO_FILTER } from "../../src/inspector/page/log_filter.ts";
import { plainLayoutOf } from "../../src/inspector/page/plain_layout.ts";
import { sequenceLine } from "../../src/inspector/page/sequence.ts";
import { liveRange, marksOf, markText, zoomed } from "../../src/inspector/page/time_range.ts";
import { parseWire } from "../../src/inspector/page/wire_json.ts";
import { durationText, momentText } from "../../src/inspector/page/words.ts";
import { chartOf } from "../../src/inspector/chart/chart_of.ts";
import { consumerMachine } from "../../src/consumer/machine.ts";
import { consumerActor, stepOf } from "./page_frames.ts";

/** An orchestrator with three supervised consumers: one works with a worker, one waits for its restart. */
function actors(): ActorState[] {
  const orchestrator = consumerActor("o", { machine: "orchestrator", name: "x:0", place: null });
  const supervised = (name: string, state: string) =>
    consumerActor(name, { id: `p1/s-${name}`, machine: "supervisor", parent: "p1/o", state });
  const within = { parent: "p1/s-c10" };
  return [
    { ...orchestrator, systemId: "orchestrator", state: { running: "healthy" } },
    supervised("c10", "running"),
    consumerActor("c10", within),
    consumerActor("c10", {
      ...within,
      id: "p1/w",
      name: "worker-1",
      machine: "worker",
      state: "busy",
    }),
    supervised("c9", "restarting"),
    supervised("c1", "running"),
    consumerActor("c1", { parent: "p1/s-c1" }),
  ];
}

/** Rows in a few words. */
function rowsOf(toggled: readonly string[]): string[] {
  return fleetRows(fleetOf(actors()), new Set(toggled)).map((row) =>
    `${"-".repeat(row.level)} ${row.name} ${stateText(row.actor.state)} ${row.childCount}`
  );
}

Deno.test("fleetRows shows consumers by place, workers in them, and a supervisor for one that is away", () => {
  assertEquals(rowsOf([]), [
    "- orchestrator running.healthy 3",
    "-- c1 reading 0",
    "-- c9 restarting 0",
    "-- c10 reading 1",
  ]);
  assertEquals(rowsOf(["p1/c10"]).slice(3), ["-- c10 reading 1", "--- worker-1 busy 0"]);
  assertEquals(rowsOf(["p1/o"]), ["- orchestrator running.healthy 3"]);
});

Deno.test("fleetRows ends where actors lie in each other", () => {
  const one = consumerActor("a", { machine: "branch", parent: "p1/b" });
  const other = consumerActor("b", { machine: "branch", parent: "p1/a" });
  assertEquals(fleetRows(fleetOf([one, other]), new Set()), []);
});

Deno.test("kindOf tells kinds by the innermost name that it knows", () => {
  const kinds = [
    "reading",
    "acking",
    { draining: "finishing" },
    { running: "saturated" },
    "givenUp",
  ];
  assertEquals(kinds.map(kindOf), ["waiting", "working", "working", "paused", "failed"]);
});

Deno.test("matcherOf filters by actor, event, state, errors and words, and never hides a gap", () => {
  const read = stepOf(1, { event: { type: "broker.read", source: null, data: { count: 3 } } });
  const failed = stepOf(2, {
    actor: "p1/other",
    event: { type: "broker.failed", source: null, data: { code: "READ_ONLY" } },
    to: "backingOff",
  });
  const gap = { type: "gap", seq: 2, atMs: 0, count: 1 } as const;
  const shown = (filter: Partial<typeof NO_FILTER>) =>
    [read, failed, gap].filter(matcherOf({ ...NO_FILTER, ...filter }, (id) => `name of ${id}`))
      .map(({ seq, type }) => `${seq} ${type}`);
  const [first, second, third] = ["1 transition", "2 transition", "2 gap"];
  assertEquals(shown({}), [first, second, third]);
  assertEquals(shown({ actor: "p1/c" }), [first, third]);
  assertEquals(shown({ event: "FAILED" }), [second, third]);
  assertEquals(shown({ state: "backing" }), [second, third]);
  assertEquals(shown({ errorsOnly: true }), [second, third]);
  assertEquals(shown({ text: "read_only p1/other" }), [second, third]);
  assertEquals(shown({ text: "count p1/other" }), [third]);
});

Deno.test("sequenceLine tells who told whom, by the sender's word or the source", () => {
  const known = (id: string) => ({
    machine: id === "p1/w" ? "worker" : "consumer",
    place: null,
    name: id,
  });
  const way = (type: string, source: string | null = null) => {
    const line = sequenceLine(stepOf(1, { event: { type, source, data: {} } }), known);
    return line === null ? null : `${line.from} > ${line.to}`;
  };
  assertEquals(way("broker.read"), "broker > consumer");
  assertEquals(way("operator.pause"), "operator > consumer");
  assertEquals(way("something.else", "p1/w"), "worker > consumer");
  assertEquals(way("something.else"), null);
  assertEquals(sequenceLine(stepOf(1, { step: 1 }), known), null);
});

Deno.test("alarmsOf tells who is in a state for too long, the longest first", () => {
  const fleet = fleetOf([
    consumerActor("a", { state: "backingOff", sinceMs: 60_000 }),
    consumerActor("b", { state: "backingOff", sinceMs: 20_000 }),
    consumerActor("c", { state: "backingOff", sinceMs: 80_000 }),
    consumerActor("d", { sinceMs: 0 }),
  ]);
  const names = (wishes: Parameters<typeof alarmsOf>[1]) =>
    alarmsOf(fleet, wishes, 90_000).map(({ actor }) => actor.id);
  assertEquals(names({ backingOff: 30 }), ["p1/b", "p1/a"]);
  assertEquals(names({ reading: 0 }), ["p1/d"]);
  assertEquals(names({}), []);
});

Deno.test("wishesOf takes nothing that does not fit", () => {
  assertEquals(wishesOf(null), USUAL_WISHES);
  assertEquals(wishesOf("{"), USUAL_WISHES);
  assertEquals(wishesOf('{"paused":5,"reading":-1,"x":"y"}'), { paused: 5 });
});

const chart: Chart = chartOf(consumerMachine);

Deno.test("activeStates and acceptedEvents read a state of the chart", () => {
  assertEquals(activeStates(chart, { draining: "finishing" }), [
    "consumer",
    "consumer.draining",
    "consumer.draining.finishing",
  ]);
  assertEquals(activeStates(chart, "nowhere"), ["consumer"]);
  const events = acceptedEvents(chart, "paused").map(({ event }) => event);
  assertEquals(events.includes("operator.resume"), true);
  assertEquals(events.includes("broker.committed"), false);
});

Deno.test("ChartCounts counts transitions and times up to a moment, and goes on from there", () => {
  const frames = [
    stepOf(1, { edges: ["consumer.reading/broker.read/1"] }),
    stepOf(2, { from: "processing", to: "reading", sinceMs: 1_010 }),
    stepOf(3, { actor: "p1/other", edges: ["consumer.reading/broker.read/1"] }),
    stepOf(4, { edges: ["consumer.reading/broker.read/1"], sinceMs: 1_020 }),
  ];
  const counts = new ChartCounts({ actor: "p1/c", chart });
  counts.countTo(frames, 2);
  counts.countTo(frames, 4);
  const read = "consumer.reading/broker.read/1";
  assertEquals([counts.takenOf(read), counts.takenOf("constructor")], [2, 0]);
  assertEquals(Object.fromEntries(counts.dwells), {
    "consumer.reading": { count: 2, totalMs: 30, maxMs: 20 },
    "consumer.processing": { count: 1, totalMs: 10, maxMs: 10 },
  });
});

Deno.test("plainLayoutOf has a box for every state, none over another, and says where rows lead", () => {
  const { nodes, edges, width, height } = plainLayoutOf(chart, "h");
  const states = chart.states.filter(({ parent }) => parent !== null).map(({ id }) => id);
  const boxes = nodes.filter(({ kind }) => kind !== "any");
  assertEquals(boxes.map(({ state }) => state).toSorted(), states.toSorted());
  const overlapping = nodes.flatMap((one, index) =>
    nodes.slice(index + 1).filter((other) =>
      one.parent === other.parent && one.x < other.x + other.w && other.x < one.x + one.w &&
      one.y < other.y + other.h && other.y < one.y + one.h
    ).map((other) => `${one.id} ${other.id}`)
  );
  assertEquals(overlapping, []);
  assertEquals(nodes.every(({ x, y, w, h }) => x + w <= width && y + h <= height), true);
  const texts = edges.flatMap(({ labels }) => labels.map(({ text }) => text));
  assertEquals(
    texts.includes("broker.committed → checkpointing"),
    true,
    texts.join("\n"),
  );
});

Deno.test("time ranges stand still, zoom around a moment and have marks that people count in", () => {
  assertEquals(liveRange(100_000, 30_000), liveRange(101_000, 30_000));
  assertEquals(zoomed({ fromMs: 0, toMs: 100 }, 0.5, 20), { fromMs: 10, toMs: 60 });
  assertEquals(marksOf({ fromMs: 990, toMs: 3_100 }, 4), [1_000, 2_000, 3_000]);
});

Deno.test("durationText writes times as people say them", () => {
  const texts = [0, 0.26, 12, 999, 1_250, 59_999, 65_000, 7_860_000, NaN].map(durationText);
  const wanted = [
    "0 ms",
    "0.3 ms",
    "12 ms",
    "999 ms",
    "1.2 s",
    "59.9 s",
    "1 min 05 s",
    "2 h 11 min",
    "–",
  ];
  assertEquals(texts, wanted);
});

Deno.test("momentText says the day where it is not today, and markText where one day is not enough", () => {
  const at = (day: number, hours: number, year = 2026) =>
    new Date(year, 10, day, hours, 5, 7, 9).getTime();
  const texts = [at(21, 14), at(20, 23), at(21, 14, 2025), NaN].map((atMs) =>
    momentText(atMs, at(21, 23))
  );
  assertEquals(texts, ["14:05:07.009", "20 Nov 23:05:07.009", "21 Nov 2025 14:05:07.009", "–"]);
  const range = (hours: number) => ({ fromMs: at(20, 0), toMs: at(20, hours) });
  assertEquals([23, 24].map((hours) => markText(at(20, 9), range(hours))), [
    "09:05",
    "20 Nov 09:05",
  ]);
});

Deno.test("parseWire gives members their names in the page, and leaves others", () => {
  const text = '{"dead_letters":[{"at_ms":1}],"facts":{"nowMs":2},"reason":"a_b"}';
  assertEquals(parseWire<unknown>(text), {
    deadLetters: [{ atMs: 1 }],
    facts: { nowMs: 2 },
    reason: "a_b",
  });
});

Deno.test("shortNames says as little as tells consumers apart", () => {
  const within = (name: string, ...within: string[]) => ({ name, within });
  assertEquals(shortNames([within("main", "orders", "mail"), within("other", "orders", "mail")]), [
    "main",
    "other",
  ]);
  assertEquals(
    shortNames([
      within("main", "orders", "mail"),
      within("main", "orders", "billing"),
      within("main", "users", "billing"),
      within("alone", "users", "billing"),
      within("orchestrator"),
    ]),
    ["mail/main", "orders/billing/main", "users/billing/main", "alone", "orchestrator"],
  );
  assertEquals(shortNames([]), []);
});
