/**
 * Event streams as a client reads them: cut anywhere, left anywhere and taken up by the id of what was read last, they tell
 * every event once, in order, as it was.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { createParser, type EventSourceMessage } from "eventsource-parser";
import fc from "fast-check";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import { nextRunEventId, type RunEvent, runEventAtMs } from "../../src/domain/run.ts";
import { encodeRunEvent } from "../../src/domain/run_event.ts";
import { encodeRunState } from "../../src/domain/run_state.ts";
import { runFrame } from "../../src/http/routes/runs/run_frames.ts";
import { type SseFrame, sseFrame } from "../../src/http/sse_frame.ts";
import type { RunItem } from "../../src/ports/run_service.ts";
import { readRunPage } from "../../src/runs/run_page.ts";
import { CASES, fewerCases } from "../support/cases.ts";
import { hostileJson, hostileText } from "../support/hostile.ts";

/** Where the bytes of a stream are cut: shares of its length. */
const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });

/** Reads frames whose bytes come in these pieces. */
function readInPieces(frames: readonly SseFrame[], cuts: readonly number[]): EventSourceMessage[] {
  const bytes = Uint8Array.from(frames.flatMap(({ bytes }) => [...bytes]));
  const ends = [...cuts.map((cut) => Math.round(cut * bytes.length)), bytes.length];
  ends.sort((a, b) => a - b);
  const messages: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (message) => messages.push(message) });
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let from = 0;
  for (const end of ends) {
    parser.feed(decoder.decode(bytes.subarray(from, end), { stream: true }));
    from = end;
  }
  return messages;
}

const line = hostileText.map((text) => text.replace(/[\r\n\0]/g, ""));

Deno.test("sseFrame is read back whole when its bytes are cut anywhere, also inside of a character or a line end", () => {
  const parts = fc.record({
    ...{ id: line, data: hostileText, isCompact: fc.boolean() },
    event: line.filter((text) => text !== ""),
    comment: hostileText,
    retryMs: fc.nat({ max: 10_000 }),
  }, { requiredKeys: ["data"] });
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 6 }), anyCuts, (all, cuts) => {
      const messages = readInPieces(all.map(sseFrame), cuts);
      assertEquals(
        messages.map(({ event, data }) => ({ event, data })),
        all.map(({ event, data }) => ({
          event: event?.toWellFormed(),
          data: data.toWellFormed().replace(/\r\n|\r/g, "\n"),
        })),
      );
    }),
    CASES,
  );
});

/** A run's items: events, gaps where some were lost, and its end. */
const anyItems: fc.Arbitrary<RunItem[]> = fc.array(
  fc.record({
    type: line,
    data: hostileJson,
    stepMs: fc.nat({ max: 3 }),
    lost: fc.nat({ max: 9 }),
  }),
  { maxLength: 8 },
).map((steps) => {
  const items: RunItem[] = [];
  let lastId: EntryId = ENTRY_ID_ZERO;
  let nowMs = 1_700_000_000_000;
  for (const { type, data, stepMs, lost } of steps) {
    const afterId = lastId;
    // One in five was lost together with some before it.
    const missing = lost > 7 ? lost - 6 : 0;
    for (let count = 0; count < missing; count++) lastId = nextRunEventId(lastId, nowMs);
    if (missing > 0) items.push({ kind: "gap", gap: { afterId, untilId: lastId, count: missing } });
    lastId = nextRunEventId(lastId, nowMs += stepMs);
    const event: RunEvent = { id: lastId, type, data, atMs: runEventAtMs(lastId) };
    items.push({ kind: "event", event });
  }
  items.push({ kind: "end", status: "completed", reason: null, lastId });
  return items;
});

Deno.test("a run that is followed with any number of breaks is told whole, whatever each connection still brought", () => {
  fc.assert(
    fc.property(anyItems, anyCuts, fc.array(fc.nat(), { maxLength: 5 }), (items, cuts, breaks) => {
      const told: EventSourceMessage[] = [];
      let position: string | undefined;
      // Each connection but the last one breaks after some bytes.
      for (const after of [...breaks, null]) {
        const at = items.findIndex((item) => idOf(item) === position);
        const frames = items.slice(position === undefined ? 0 : at + 1).map(runFrame);
        const bytes = Uint8Array.from(frames.flatMap((frame) => [...frame.bytes]));
        const arrived = after === null ? bytes : bytes.subarray(0, after % (bytes.length + 1));
        const messages = readInPieces([{ bytes: arrived }], cuts);
        for (const message of messages) {
          told.push(message);
          position = message.id;
          if (message.event === "end") break;
        }
        if (told.at(-1)?.event === "end") break;
      }
      assertEquals(told.map(({ id }) => id), items.map(idOf));
      for (const [index, item] of items.entries()) {
        const message = told[index];
        assert(message !== undefined);
        const data = JSON.parse(message.data);
        if (item.kind === "gap") assertEquals([message.event, data.count], ["gap", item.gap.count]);
        else if (item.kind === "event") {
          assertEquals(JSON.stringify(data.data), JSON.stringify(item.event.data));
          assertEquals([message.event, data.id], [undefined, item.event.id]);
        } else assertEquals([message.event, data.last_id], ["end", item.lastId]);
      }
    }),
    CASES,
  );
});

function idOf(item: RunItem): string {
  if (item.kind === "event") return item.event.id;
  return item.kind === "gap" ? item.gap.untilId : item.lastId;
}

Deno.test("pages of a run, one after the other, hold each event once, whatever their limits by count and bytes", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const state = encodeRunState({
    ...{ kind: "k", status: "running", startedAtMs: 0, endedAtMs: null, reason: null },
    ...{ owner: null, cancelReason: null, ttlMs: null },
  });
  const cases = fc.record({
    sizes: fc.array(fc.nat({ max: 60 }), { maxLength: 12, size: "max" }),
    trimmed: fc.nat({ max: 4 }),
    limit: fc.integer({ min: 1, max: 5 }),
    bytesMax: fc.integer({ min: 1, max: 200 }),
    from: fc.nat({ max: 12 }),
    to: fc.nat({ max: 14 }),
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(cases, async ({ sizes, trimmed, limit, bytesMax, from, to }) => {
      const run = `r${number++}`;
      const idAt = (index: number): EntryId => `${BigInt(1_000 + index)}-${BigInt(index)}`;
      const entries = sizes.map((size, index) => ({
        id: idAt(index + 1),
        fields: encodeRunEvent({ type: "t", data: "x".repeat(size) }),
      }));
      const lengthMax = Math.max(0, entries.length - trimmed);
      await broker.createJournal({ space: "runs", name: run }, { state, entries, lengthMax });
      const seen: EntryId[] = [];
      let startId: EntryId | null = idAt(from);
      for (let pages = 0; startId !== null && pages < 40; pages++) {
        const range = { startId, endId: idAt(to), limit, bytesMax };
        const page = await readRunPage(broker, run, range);
        assert(page !== null && page.events.length <= limit);
        assertEquals(page.hasMore, page.nextId !== null);
        seen.push(...page.events.map(({ id }) => id));
        startId = page.nextId;
      }
      const kept = entries.slice(entries.length - lengthMax).map(({ id }) => id);
      const wanted = kept.filter((_, index) => {
        const place = entries.length - lengthMax + index + 1;
        return place >= from && place <= to;
      });
      assertEquals([seen, startId], [wanted, null]);
    }),
    fewerCases(2),
  );
});
