/**
 * The small words of the streams' protocol: names, offsets, messages, pieces, cursors, events.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Entry } from "../../src/domain/entry.ts";
import { ProblemError } from "../../src/http/problem.ts";
import { bodyOf, entriesOfBody, goesOn } from "../../src/http/streams/chunks.ts";
import { nextCursor, readCursor } from "../../src/http/streams/cursor.ts";
import { jsonArray, jsonMessages } from "../../src/http/streams/json_messages.ts";
import { lifetimeOf } from "../../src/http/streams/lifetime.ts";
import { streamsLimits } from "../../src/http/streams/limits.ts";
import { offsetOf, readOffset } from "../../src/http/streams/offset.ts";
import { judgeProducer } from "../../src/http/streams/producers.ts";
import { pageFrame } from "../../src/http/streams/page_frame.ts";
import type { ProducerState } from "../../src/http/streams/stream_state.ts";
import { newStreamState } from "../../src/http/streams/stream_state.ts";
import { streamNameOf } from "../../src/http/streams/stream_name.ts";
import { streamRoutes } from "../../src/http/streams/stream_routes.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { InvalidOptionError } from "../../src/domain/errors.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Pieces as they come back from a journal. */
function stored(body: Uint8Array, kind: "json" | "text" | "bytes"): Entry[] {
  return entriesOfBody(body, kind).map(({ fields }, index) => ({
    id: `1-${BigInt(index)}`,
    fields,
  }));
}

Deno.test("streamNameOf takes parts with slashes and refuses everything that could be something else", () => {
  const names = ["a", "chat/7", "a.b_c~d@e:f+g=h-i", "A%20".slice(0, 1), "%61"];
  assertEquals(names.map((name) => streamNameOf(`/streams/${name}`, "/streams/")), [
    "a",
    "chat/7",
    "a.b_c~d@e:f+g=h-i",
    "A",
    "a",
  ]);
  assertEquals(streamNameOf("/other/a", "/streams/"), null);
  const bad = ["", "/", "a/", "/a", "a//b", "..", "a/../b", ".a", "__ds/x", "{x}", "*", "a%2Fb"];
  bad.push("a%2fb", "%00", "a%0d%0a", "%E0%A4%A", "%", "a%20b", "ä", "%C3%A4", "x".repeat(257));
  bad.push("x".repeat(10_000), "a%252Fb");
  for (const name of bad) {
    assertThrows(() => streamNameOf(`/streams/${name}`, "/streams/"), ProblemError, "name", name);
  }
});

Deno.test("offsetOf sorts as ids do, and readOffset reads it back", () => {
  const part = fc.bigInt({ min: 0n, max: 9_999_999_999_999_999n });
  fc.assert(fc.property(part, part, part, part, (a, b, c, d) => {
    const [left, right] = [offsetOf(`${a}-${b}`), offsetOf(`${c}-${d}`)];
    assertEquals(left < right, a < c || (a === c && b < d));
    assertEquals(readOffset(left), { afterId: `${a}-${b}` });
  }));
  assertEquals([readOffset("-1"), readOffset("now")], ["beginning", "tail"]);
  const bad = [
    "",
    "0",
    "1-1",
    "-2",
    "NOW",
    "1_1",
    " -1",
    "-1 ",
    `${"0".repeat(16)}_${"0".repeat(17)}`,
  ];
  for (const text of bad) assertThrows(() => readOffset(text), ProblemError, "offset", text);
});

Deno.test("jsonMessages keeps each element of an array in its own words", () => {
  const body = ' [ {"a":"],[\\"" , "b":[1,[2]]},\n12345678901234567890.10,"\\u2028", [] ,null] ';
  assertEquals(jsonMessages(encode(body)), [
    '{"a":"],[\\"" , "b":[1,[2]]}',
    "12345678901234567890.10",
    '"\\u2028"',
    "[]",
    "null",
  ]);
  assertEquals(jsonMessages(encode("[]")), []);
  assertEquals(jsonMessages(encode('{"a":\r\n1}')), ['{"a":  1}']);
  fc.assert(fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (values) => {
    const lines = jsonMessages(encode(JSON.stringify(values, null, 1))).join("\n");
    assertEquals(JSON.parse(jsonArray(lines)), JSON.parse(JSON.stringify(values)));
  }));
  for (const bad of ["", "{", "[1,]", "nul", '"\n"', "[1] x", "[".repeat(50_000)]) {
    assertThrows(() => jsonMessages(encode(bad)), ProblemError, "JSON", bad.slice(0, 20));
  }
  assertThrows(() => jsonMessages(new Uint8Array([34, 0xff, 34])), ProblemError, "JSON");
});

Deno.test("entriesOfBody cuts a body where a reader can resume, and bodyOf puts it together", () => {
  const text = encode("x" + "é".repeat(300_000) + "😀".repeat(100_000));
  const pieces = stored(text, "text");
  const strict = new TextDecoder("utf-8", { fatal: true });
  for (const piece of pieces) strict.decode(bodyOf([piece], "text"));
  assertEquals(pieces.map(goesOn), [true, true, true, false]);
  assertEquals(bodyOf(pieces, "text"), text);

  const bytes = crypto.getRandomValues(new Uint8Array(65_536));
  const binary = new Uint8Array(600_000).map((_, index) => bytes[index % 65_536] ?? 0);
  assertEquals(bodyOf(stored(binary, "bytes"), "bytes"), binary);

  const messages = Array.from({ length: 5_000 }, (_, index) => ({ index, pad: "p".repeat(100) }));
  const json = stored(encode(JSON.stringify(messages)), "json");
  assertEquals(json.length, 3);
  assertEquals(JSON.parse(new TextDecoder().decode(bodyOf(json, "json"))), messages);
  assertEquals(new TextDecoder().decode(bodyOf([], "json")), "[]");
  const long = encode(JSON.stringify("x".repeat(2_097_152)));
  assertThrows(() => entriesOfBody(long, "json"), ProblemError, "2 MiB");
});

Deno.test("nextCursor is always above the reader's own", () => {
  const nowMs = Date.UTC(2024, 9, 9) + 50_000;
  const at = (given: number | null, chance: number) =>
    nextCursor(given, { nowMs, random: () => chance });
  assertEquals([at(null, 0), at(1, 0), at(2, 0), at(2, 0.999), at(500, 0)], [
    "2",
    "2",
    "3",
    "182",
    "501",
  ]);
  assertEquals([readCursor(null), readCursor("17")], [null, 17]);
  for (const bad of ["", "-1", "1.5", "1e3", "x", "9".repeat(13), "9".repeat(400)]) {
    assertThrows(() => readCursor(bad), ProblemError, "cursor", bad);
  }
});

Deno.test("judgeProducer forgets only who was silent for an hour, and else lets a new one wait", () => {
  let producers: readonly ProducerState[] = [];
  const come = (id: string, nowMs: number) => {
    const judged = judgeProducer({ id, epoch: 0, seq: 0 }, { producers, nowMs });
    if (judged.kind === "accept") producers = judged.producers;
    return judged.kind;
  };
  let count = 0;
  const full = assertThrows(() => {
    for (;; count++) come(`producer-${count}`, 1_000);
  }, ProblemError);
  assertEquals([full.problem.status, full.code, count > 300], [429, "TOO_MANY_PRODUCERS", true]);
  assertEquals(come("producer-0", 2_000), "duplicate");
  assertThrows(() => come("late", 3_600_999), ProblemError);
  assertEquals(come("late", 3_601_000), "accept");
  assertEquals(come("producer-1", 3_601_000), "duplicate");
  assertEquals(producers.some(({ id }) => id === "producer-0"), false);
});

Deno.test("pageFrame keeps every line of a text data, also those that end in a carriage return", () => {
  const fields = ["d", " a\r\rdata: b\r\n\u2028event: control\n"];
  const state = newStreamState("text/plain", {
    lifetime: { ttlSeconds: null, expiresAt: null },
    closed: true,
  });
  const snapshot = {
    journal: { space: "streams", name: "a" },
    incarnation: "i",
    state: "",
    version: 1,
    length: 1,
    firstId: "5-0",
    lastId: "5-0",
    trimmedId: "0-0",
    entriesAdded: 1,
    createdAtMs: 0,
    expiresInMs: null,
  } as const;
  const entries = [{ id: "5-0", fields }] as const;
  const page = { snapshot, state, entries, afterId: "0-0", lastId: "5-0", isAtTail: true } as const;
  assertEquals(
    new TextDecoder().decode(pageFrame(page, { cursor: "7" }).bytes),
    "event: data\ndata:  a\ndata:\ndata:data: b\ndata:\u2028event: control\ndata:\n\n" +
      'event: control\ndata:{"streamNextOffset":"0000000000000005_0000000000000000",' +
      '"streamClosed":true,"upToDate":true}\n\n',
  );
});

Deno.test("lifetimeOf, streamsLimits and streamRoutes refuse what cannot be", async () => {
  for (const ttl of ["-1", "01", "1.0", "1e3", "+1", "", " ", "3153600001", "9".repeat(40)]) {
    assertThrows(() => lifetimeOf(new Headers({ "stream-ttl": ttl })), ProblemError, "TTL", ttl);
  }
  for (const at of ["tomorrow", "2030-01-01", "2030-13-01T00:00:00Z", "1", "2030-01-01T00:00:00"]) {
    assertThrows(
      () => lifetimeOf(new Headers({ "stream-expires-at": at })),
      ProblemError,
      "time",
      at,
    );
  }
  for (const bad of [{ bodyBytesMax: 0 }, { sseMs: NaN }, { longPollMs: 1.5 }]) {
    assertThrows(() => streamsLimits(bad), InvalidOptionError, "limits.");
  }
  await using broker = await openSqliteBroker({ path: ":memory:" });
  for (const basePath of ["", "/", "streams/", "/streams", "//", "/a b/", "/{x}/", "/a/../:b/"]) {
    const make = () => streamRoutes({ broker, basePath });
    assertThrows(make, InvalidOptionError, "basePath", basePath);
  }
});
