/**
 * The contract of streams as logs: append, read, trim, describe.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Entry } from "../../src/domain/entry.ts";
import { ENTRY_ID_MAX, type EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { append, commit, type Fact, handled, join, readNew, STREAM, thrownBy } from "./contract.ts";

const FIELDS = ["event_type", "test"];

async function ids(broker: Broker, stream = STREAM): Promise<EntryId[]> {
  return (await broker.range(stream, { count: 10_000 })).map(({ id }) => id);
}

/** Defines the tests. */
export function testStreams(fact: Fact): void {
  fact("createStream makes an empty stream once", async (broker) => {
    const story = [
      await broker.streamInfo(STREAM),
      await broker.createStream(STREAM),
      await broker.createStream(STREAM),
    ];
    const info = await broker.streamInfo(STREAM);
    assert(info !== null && info.incarnation !== "");
    assertEquals([...story, { ...info, incarnation: "?" }], [null, true, false, {
      stream: STREAM,
      length: 0,
      firstId: null,
      lastId: "0-0",
      entriesAdded: 0,
      groupCount: 0,
      incarnation: "?",
    }]);
  });

  fact("deleteStream deletes groups, checkpoints and idempotency keys with it", async (broker) => {
    const entry = { fields: FIELDS, idempotencyKey: "once" };
    await broker.append(STREAM, [entry]);
    const member = await join(broker, "ann");
    const [first] = await readNew(broker, member);
    await commit(broker, member, [handled(first?.id ?? "")]);
    const before = await broker.streamInfo(STREAM);

    const deleted = [await broker.deleteStream(STREAM), await broker.deleteStream(STREAM)];
    const absent = [await broker.streamInfo(STREAM), await broker.listStreams()];
    const again = await broker.append(STREAM, [entry]);
    const after = await broker.streamInfo(STREAM);

    assertEquals(deleted, [true, false]);
    assertEquals(absent, [null, []]);
    assertEquals(again[0]?.duplicate, false);
    assertEquals(await broker.listGroups(STREAM), []);
    assertEquals(await broker.loadCheckpoint(STREAM, "billing"), null);
    assert(before?.incarnation !== after?.incarnation, "a new life has a new mark");
    assertEquals(await thrownBy(() => readNew(broker, member)), ["GroupMissingError"]);
  });

  fact(
    "deleteStream leaves a stream alone whose last id is not the one that is meant",
    async (broker) => {
      await append(broker, "1-0", "2-0");
      await join(broker, "ann");
      await broker.deleteEntries(STREAM, ["2-0"]);
      const missing = await broker.deleteStream("none", { lastId: "0-0" });
      const other = await broker.deleteStream(STREAM, { lastId: "1-0" });
      assertEquals([missing, other, await ids(broker)], [false, false, ["1-0"]]);
      assertEquals((await broker.listGroups(STREAM)).length, 1);
      assertEquals(await broker.deleteStream(STREAM, { lastId: "2-0" }), true);
      assertEquals([await broker.streamInfo(STREAM), await broker.listGroups(STREAM)], [null, []]);
    },
  );

  fact("listStreams names the streams in text order", async (broker) => {
    for (const stream of ["b", "a", "{a}:c"]) await broker.createStream(stream);
    await broker.join({ stream: "joined only", group: "g", consumer: "c", order: "none" });
    assertEquals(await broker.listStreams(), ["a", "b", "{a}:c"]);
  });

  fact("append assigns rising ids and makes the stream", async (broker) => {
    const entries = Array.from({ length: 1_000 }, () => ({ fields: FIELDS }));
    const results = await broker.append(STREAM, entries);
    assertEquals(results.map(({ id }) => id), await ids(broker));
    assertEquals(new Set(results.map(({ duplicate }) => duplicate)), new Set([false]));
    const info = await broker.streamInfo(STREAM);
    assertEquals([info?.length, info?.entriesAdded], [1_000, 1_000]);
    assertEquals([info?.firstId, info?.lastId], [results[0]?.id, results[999]?.id]);
  });

  fact("T17: append goes on after an id from the future", async (broker) => {
    await append(broker, "99999999999999-7");
    const [result] = await broker.append(STREAM, [{ fields: FIELDS }]);
    await broker.append("full", [{ id: "1-18446744073709551615", fields: FIELDS }, {
      id: "99999999999999-18446744073709551615",
      fields: FIELDS,
    }]);
    const [carried] = await broker.append("full", [{ fields: FIELDS }]);
    assertEquals([result?.id, carried?.id], ["99999999999999-8", "100000000000000-0"]);
  });

  fact("T17: append to a stream with the largest id is refused", async (broker) => {
    await append(broker, ENTRY_ID_MAX);
    const thrown = await thrownBy(
      () => broker.append(STREAM, [{ fields: FIELDS }]),
      () => broker.append(STREAM, [{ fields: FIELDS }, { fields: FIELDS }]),
      () => append(broker, "5-0"),
    );
    assertEquals(thrown, Array(3).fill("StreamExhaustedError"));
    assertEquals(await ids(broker), [ENTRY_ID_MAX]);
  });

  fact("T16: ids keep all 64 bits and their order", async (broker) => {
    const rising = [
      "9-0",
      "10-0",
      "10-9007199254740993",
      "10-9007199254740995",
      "9007199254740993-0",
    ];
    await append(broker, ...rising);
    assertEquals(await ids(broker), rising);
    const page = await broker.range(STREAM, { from: "10-9007199254740994", count: 1 });
    assertEquals(page.map(({ id }) => id), ["10-9007199254740995"]);
  });

  fact("append takes all entries or none", async (broker) => {
    await append(broker, "5-0");
    const before = await broker.streamInfo(STREAM);
    const thrown = await thrownBy(
      () => append(broker, "6-0", "7-0", "7-0"),
      () => append(broker, "5-0"),
      () => append(broker, "0-0"),
      () =>
        broker.append("new", [{ id: "2-0", fields: FIELDS, idempotencyKey: "k" }, {
          id: "1-0",
          fields: FIELDS,
        }]),
    );
    assertEquals(thrown, Array(4).fill("EntryIdNotIncreasingError"));
    assertEquals(await broker.streamInfo(STREAM), before);
    assertEquals(await broker.streamInfo("new"), null);
    await append(broker, "6-0");
    assertEquals(await ids(broker), ["5-0", "6-0"]);
    const [again] = await broker.append("new", [{ fields: FIELDS, idempotencyKey: "k" }]);
    assertEquals(again?.duplicate, false, "the key was not remembered");
  });

  fact("append refuses what is no entry", async (broker) => {
    const thrown = await thrownBy(
      () => broker.append(STREAM, []),
      () => broker.append(STREAM, Array.from({ length: 1_001 }, () => ({ fields: FIELDS }))),
      () => broker.append(STREAM, [{ fields: [] }]),
      () => broker.append(STREAM, [{ fields: ["name"] }]),
    );
    assertEquals(thrown, Array(4).fill("InvalidOptionError"));
    assertEquals(await broker.streamInfo(STREAM), null);
  });

  fact("T25: names that are empty or unprintable are refused", async (broker) => {
    const names = ["", " ", "a\0b", "a\nb", " a", "x".repeat(257)];
    for (const name of names) {
      const thrown = await thrownBy(
        () => broker.createStream(name),
        () => broker.append(name, [{ fields: FIELDS }]),
        () => broker.createGroup(STREAM, name, "end", { createStream: true }),
        () => broker.join({ stream: STREAM, group: name, consumer: "c", order: "none" }),
        () => broker.join({ stream: STREAM, group: "g", consumer: name, order: "none" }),
      );
      assertEquals(thrown, Array(5).fill("InvalidNameError"), JSON.stringify(name));
    }
  });

  fact("append with an idempotency key appends once within its window", async (broker) => {
    const entry = (text: string, idempotencyKey: string) => ({
      fields: ["a", text],
      idempotencyKey,
    });
    const first = await broker.append(STREAM, [entry("1", "k"), entry("2", "k"), entry("3", "l")]);
    const second = await broker.append(STREAM, [entry("4", "l"), entry("5", "m")]);
    await broker.append("other", [entry("6", "k")]);
    await broker.trim(STREAM, { lengthMax: 0 });
    const third = await broker.append(STREAM, [entry("7", "k")]);

    const duplicates = [first, second, third].map((results) => results.map((r) => r.duplicate));
    assertEquals(duplicates, [[false, true, false], [true, false], [true]]);
    assertEquals(first[0]?.id, first[1]?.id);
    assertEquals([second[0]?.id, third[0]?.id], [first[2]?.id, first[0]?.id]);
    assertEquals((await broker.streamInfo(STREAM))?.entriesAdded, 3);
  });

  fact("append forgets an idempotency key after its window", async (broker) => {
    const entries = [{ fields: FIELDS, idempotencyKey: "k" }];
    await broker.append(STREAM, entries, { idempotencyWindowMs: 1 });
    const endMs = Date.now() + 10_000;
    let duplicate = true;
    while (duplicate && Date.now() < endMs) {
      duplicate = (await broker.append(STREAM, entries, { idempotencyWindowMs: 1 }))[0]
        ?.duplicate ?? true;
    }
    assertEquals(duplicate, false);
  });

  fact(
    "append with lengthMax trims, roughly, when nobody needs the old entries",
    async (broker) => {
      for (let count = 0; count < 1_000; count++) {
        await broker.append(STREAM, [{ fields: FIELDS }], { lengthMax: 50 });
      }
      const info = await broker.streamInfo(STREAM);
      const length = info?.length ?? 0;
      assert(length >= 50 && length < 350, `${length} entries are kept`);
      assertEquals(info?.entriesAdded, 1_000);
    },
  );

  fact(
    "append with lengthMax never trims an entry that a group has not finished",
    async (broker) => {
      await append(broker, "1-0", "2-0");
      const member = await join(broker, "ann");
      await broker.createGroup(STREAM, "unread", "beginning");
      await readNew(broker, member, 1);
      const many = Array.from({ length: 500 }, () => ({ fields: FIELDS }));
      await broker.append(STREAM, many, { lengthMax: 10 });
      assertEquals((await broker.streamInfo(STREAM))?.firstId, "1-0");

      await broker.deleteGroup(STREAM, "unread");
      await broker.append(STREAM, many, { lengthMax: 10 });
      assertEquals((await broker.streamInfo(STREAM))?.firstId, "1-0", "it is pending");

      await commit(broker, member, [handled("1-0")]);
      const rest = await readNew(broker, member, 1_000);
      await broker.append(STREAM, many, { lengthMax: 10 });
      const first = (await broker.streamInfo(STREAM))?.firstId ?? "";
      assertEquals((await broker.range(STREAM, { from: "2-0", count: 1 }))[0]?.id, rest[0]?.id);
      assert(first === "1-0" || first === "2-0", "only what is finished may be gone");
    },
  );

  fact("fields keep their bytes, their order, duplicates and any name", async (broker) => {
    const bytes = new Uint8Array([0xff, 0xfe, 0x00, 0x80]);
    const fields = [
      ...["a", "1", "a", "2", "__proto__", "x", "constructor", "", "", "empty name"],
      ...["nul", "a\0b", "bom", "\uFEFFtext", "emoji", "🌊", "replacement", "\uFFFD"],
      ...["raw", bytes, bytes, "raw name", "lone", "\ud800"],
    ];
    await broker.append(STREAM, [{ id: "1-0", fields }]);
    const utf8 = new TextEncoder().encode("text");
    await broker.append(STREAM, [{ id: "2-0", fields: [utf8, utf8] }]);
    const stored = [...fields.slice(0, -1), "\uFFFD"];
    const entries: Entry[] = [{ id: "1-0", fields: stored }, {
      id: "2-0",
      fields: ["text", "text"],
    }];
    assertEquals(await broker.range(STREAM, { count: 10 }), entries);
    const read = await readNew(broker, await join(broker, "ann"));
    assertEquals(read.map(({ id, fields }) => ({ id, fields })), entries);
  });

  fact("range reads pages in both directions", async (broker) => {
    await append(broker, "1-0", "2-0", "2-1", "3-0");
    const page = async (options: Parameters<Broker["range"]>[1]) =>
      (await broker.range(STREAM, options)).map(({ id }) => id).join(" ");
    assertEquals([
      await page({ count: 2 }),
      await page({ count: 2, reverse: true }),
      await page({ count: 9, from: "2-0", to: "2-1" }),
      await page({ count: 9, from: "2-0", to: "2-1", reverse: true }),
      await page({ count: 9, from: "4-0" }),
    ], ["1-0 2-0", "3-0 2-1", "2-0 2-1", "2-1 2-0", ""]);
    assertEquals(await broker.range("absent", { count: 1 }), []);
    const thrown = await thrownBy(
      () => page({ count: 0 }),
      () => page({ count: 10_001 }),
    );
    assertEquals(thrown, ["InvalidOptionError", "InvalidOptionError"]);
  });

  fact("trim and deleteEntries remove exactly, and count", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0", "6-0");
    const counts = [
      await broker.trim(STREAM, { beforeId: "2-0" }),
      await broker.trim(STREAM, { lengthMax: 4 }),
      await broker.trim(STREAM, { lengthMax: 10 }),
      await broker.deleteEntries(STREAM, ["4-0", "1-0", "4-0", "9-0"]),
      await broker.deleteEntries(STREAM, []),
      await broker.trim("absent", { lengthMax: 1 }),
      await broker.deleteEntries("absent", ["1-0"]),
    ];
    assertEquals(counts, [1, 1, 0, 1, 0, 0, 0]);
    assertEquals(await ids(broker), ["3-0", "5-0", "6-0"]);
    await broker.trim(STREAM, { lengthMax: 0 });
    const info = await broker.streamInfo(STREAM);
    const { length, firstId, lastId, entriesAdded } = info ?? {};
    assertEquals([length, firstId, lastId, entriesAdded], [0, null, "6-0", 6]);
  });

  fact("streamBytes estimates what a stream takes", async (broker) => {
    assertEquals(await broker.streamBytes(STREAM), null);
    await broker.createStream(STREAM);
    const empty = await broker.streamBytes(STREAM) ?? NaN;
    const fields = ["event_type", "t", "payload", JSON.stringify("x".repeat(1_000))];
    await broker.append(STREAM, Array.from({ length: 500 }, () => ({ fields })));
    const full = await broker.streamBytes(STREAM) ?? NaN;
    assert(empty >= 0 && empty < 5_000, `${empty}`);
    assert(full > 500_000 && full < 1_000_000, `${full}`);
  });
}
