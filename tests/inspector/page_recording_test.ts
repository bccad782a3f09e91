/**
 * What the page keeps of what it is told: gaps, lives of a process, and bounds.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { Recording, seqAt } from "../../src/inspector/page/recording.ts";
import { hoverText } from "../../src/inspector/page/timeline_hover.ts";
import { fleetAt } from "../../src/inspector/timeline.ts";
import { consumerActor, headerOf, snapshotOf, stepOf } from "./page_frames.ts";

const there = { from: "reading", to: "processing" } as const;
const back = { from: "processing", to: "reading" } as const;

/** A recording of so many steps to and fro. */
function recordingOf(steps: number, options: { readonly framesMax?: number } = {}): Recording {
  const recording = new Recording(options);
  recording.take([headerOf(), snapshotOf(0, [consumerActor("c")])]);
  for (let seq = 1; seq <= steps; seq++) {
    recording.take([stepOf(seq, seq % 2 === 1 ? there : back)]);
  }
  return recording;
}

/** The lanes in a few words. */
function lanesOf(recording: Recording): [string, string][] {
  return recording.lanes.all().map((lane) => [
    lane.name,
    lane.segments.map(({ atMs, state }) => `${atMs} ${state || "?"}`).join(", "),
  ]);
}

Deno.test("Recording keeps frames, fleet and lanes, and knows where to resume", () => {
  const recording = recordingOf(3);
  assertEquals(recording.frames.map(({ seq }) => seq), [1, 2, 3]);
  assertEquals(recording.fleet?.get("p1/c")?.state, "processing");
  assertEquals(recording.resumeId, "1000.3");
  assertEquals(lanesOf(recording), [
    ["c", "1000 reading, 1010 processing, 1020 reading, 1030 processing"],
  ]);
  assertEquals([999, 1_015, 9_000].map((atMs) => seqAt(recording, atMs)), [null, 1, 3]);
});

Deno.test("Recording says a gap, in which nothing is known", () => {
  const recording = recordingOf(2);
  const lines = recording.take([
    { type: "gap", from: 3, until: 9, count: 7 },
    snapshotOf(9, [consumerActor("c", { state: "paused" })], 1_090),
    stepOf(10, { from: "paused", to: "reading" }),
  ]);
  assertEquals(lines.map(({ type, seq }) => [type, seq]), [["gap", 2], ["transition", 10]]);
  assertEquals(recording.breaks, [{ type: "gap", count: 7, seq: 2, atMs: 1_020 }]);
  assertEquals(fleetAt(recording, 5), null);
  assertEquals(fleetAt(recording, 9)?.get("p1/c")?.state, "paused");
  assertEquals(lanesOf(recording), [
    ["c", "1000 reading, 1010 processing, 1020 reading, 1020 ?, 1090 paused, 1100 reading"],
  ]);
});

Deno.test("Recording takes a snapshot further on for the gap that it is", () => {
  const recording = recordingOf(2);
  recording.take([headerOf(), snapshotOf(8, [consumerActor("c")], 1_080)]);
  assertEquals(recording.breaks.map(({ type, count }) => [type, count]), [["gap", 6]]);
});

Deno.test("Recording goes on with the numbers when a process begins anew, and keeps its former life", () => {
  const recording = recordingOf(2);
  recording.take([headerOf(5_000), snapshotOf(0, [consumerActor("c")], 5_000)]);
  recording.take([stepOf(1, { atMs: 5_010 })]);
  assertEquals(recording.frames.map(({ seq }) => seq), [1, 2, 4]);
  assertEquals(recording.breaks.map(({ type }) => type), ["restart"]);
  assertEquals(recording.resumeId, "5000.1");
  assertEquals(fleetAt(recording, 2)?.get("p1/c")?.state, "reading");
  assertEquals(fleetAt(recording, 4)?.get("p1/c")?.state, "processing");
});

Deno.test("Recording resumes without a break where the same life goes on", () => {
  const recording = recordingOf(2);
  recording.take([headerOf(), stepOf(3)]);
  assertEquals(recording.breaks, []);
  assertEquals(recording.resumeId, "1000.3");
});

Deno.test("Recording drops the oldest, and every moment that it keeps can be gone to", () => {
  const recording = recordingOf(20_000, { framesMax: 2_000 });
  const { frames } = recording;
  assert(frames.length <= 7_000 && frames.length >= 1_500, String(frames.length));
  assert(recording.trims > 0);
  for (const frame of frames) {
    const state = fleetAt(recording, frame.seq)?.get("p1/c")?.state;
    assertEquals(state, frame.seq % 2 === 1 ? "processing" : "reading");
  }
  const segments = recording.lanes.all()[0]?.segments ?? [];
  assert(segments.length <= frames.length + 2, String(segments.length));
  assertEquals(fleetAt(recording, 1), null);
});

Deno.test("Recording has lanes in the order of the tree, and one for an orchestrator in all lives of its process", () => {
  const orchestrator = (life: string) =>
    consumerActor("o", {
      id: `${life}/x:0`,
      machine: "orchestrator",
      name: "x:0",
      systemId: "orchestrator",
      place: null,
      state: { running: "healthy" },
    });
  const recording = new Recording();
  recording.take([
    headerOf(),
    snapshotOf(0, [consumerActor("c10"), consumerActor("c9"), orchestrator("p1")]),
  ]);
  recording.take([
    { ...headerOf(5_000), instance: "p2" },
    snapshotOf(0, [orchestrator("p2"), consumerActor("c9")], 5_000),
  ]);
  assertEquals(lanesOf(recording), [
    ["orchestrator", "1000 running.healthy, 1000 ?, 5000 running.healthy"],
    ["c9", "1000 reading, 1000 ?, 5000 reading"],
    ["c10", "1000 reading, 1000 ?"],
  ]);
  const [first, again, gone] = recording.lanes.all();
  assertEquals(first?.actor, "p2/x:0");
  const words = (lane: typeof first, atMs: number) =>
    hoverText(lane, { atMs, nowMs: 7_000 })?.split(", ").toSpliced(1, 1) ?? null;
  assertEquals(
    [words(again, 4_000), words(again, 6_000), words(gone, 999), words(gone, 7_001)],
    [["c9: not known", "for 4.0 s"], ["c9: reading", "for 2.0 s so far"], null, null],
  );
});
