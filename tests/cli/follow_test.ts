/**
 * Tests of how `tidemark tail` follows a stream through everything that can happen to it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { follow, type Happening } from "../../src/cli/tail/follow.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { BrokerUnavailableError } from "../../src/domain/errors.ts";
import type { StartPosition } from "../../src/ports/group_store.ts";
import type { StreamStore } from "../../src/ports/stream_store.ts";
import { VirtualClock } from "../support/virtual_clock.ts";
import { publish } from "./operator_place.ts";

/** A follower on a broker in memory, under a clock of the test's own. */
async function following(
  start: StartPosition,
  prepare: (broker: Awaited<ReturnType<typeof openSqliteBroker>>) => Promise<void>,
) {
  const broker = await openSqliteBroker({ path: ":memory:" });
  await prepare(broker);
  const clock = new VirtualClock();
  const done = new AbortController();
  const story: string[] = [];
  let failing: Error | null = null;
  const store: StreamStore = new Proxy(broker, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) => {
        return failing === null ? value.apply(target, args) : Promise.reject(failing);
      };
    },
  });
  const ended = (async () => {
    const options = { start, signal: done.signal, clock };
    for await (const happening of follow(store, "orders", options)) story.push(told(happening));
  })();
  return {
    broker,
    fail: (error: Error | null) => failing = error,
    /** What happened since the last look. */
    async look(): Promise<string[]> {
      for (let poll = 0; poll < 8; poll++) await clock.advance(500);
      return story.splice(0);
    },
    async [Symbol.asyncDispose]() {
      done.abort();
      await ended;
      assertEquals(clock.timerCount, 0);
      await broker[Symbol.asyncDispose]();
    },
  };
}

function told(happening: Happening): string {
  switch (happening.kind) {
    case "entries":
      return happening.entries.map(({ id }) => id).join(" ");
    case "missed":
      return `missed ${happening.count ?? "some"} after ${happening.afterId}`;
    case "away":
      return `away ${happening.reason}`;
    default:
      return happening.kind;
  }
}

Deno.test("follow reads what is new, and tells what vanished before it was read", async () => {
  await using tail = await following("end", (broker) => publish(broker, "orders", { id: "1-0" }));
  const { broker, look } = tail;
  const add = async (...ids: EntryId[]) => {
    for (const id of ids) await publish(broker, "orders", { id });
  };
  assertEquals(await look(), []);
  await add("2-0", "3-0");
  assertEquals(await look(), ["2-0 3-0"]);
  await broker.trim("orders", { beforeId: "4-0" });
  assertEquals(await look(), [], "what was read may go");
  await add("4-0", "5-0", "6-0");
  await broker.trim("orders", { beforeId: "6-0" });
  assertEquals(await look(), ["missed 2 after 3-0", "6-0"]);
  await add("7-0", "8-0", "9-0");
  await broker.deleteEntries("orders", ["7-0", "9-0"]);
  assertEquals(await look(), ["missed 2 after 6-0", "8-0"]);
  await add("10-0");
  await broker.trim("orders", { lengthMax: 0 });
  assertEquals(await look(), ["missed 1 after 9-0"]);
  await add("11-0");
  assertEquals(await look(), ["11-0"]);
});

Deno.test("follow reads a long stream page by page from where it is told to", async () => {
  const ids = Array.from({ length: 3_000 }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
  for (const [start, skipped] of [["beginning", 0], [{ afterId: "1000-0" }, 1_000]] as const) {
    await using tail = await following(start, async (broker) => {
      for (const id of ids) await publish(broker, "orders", { id });
    });
    assertEquals((await tail.look()).join(" ").split(" "), ids.slice(skipped));
  }
});

Deno.test("follow tells that entries may be missing where nobody can count them", async () => {
  const broker = await openSqliteBroker({ path: ":memory:" });
  await using _ = broker;
  const ids = Array.from({ length: 100 }, (_, index): EntryId => `${BigInt(index + 1)}-0`);
  for (const id of ids) await publish(broker, "orders", { id });
  let reads = 0;
  const store: StreamStore = new Proxy(broker, {
    get(target, name) {
      if (name !== "range") return Reflect.get(target, name).bind(target);
      return async (...args: Parameters<StreamStore["range"]>) => {
        const page = await target.range(...args);
        if (++reads === 1) await target.trim("orders", { beforeId: "90-0" });
        return page;
      };
    },
  });
  const done = new AbortController();
  const story: string[] = [];
  const options = { start: { afterId: "10-0" }, signal: done.signal } as const;
  for await (const happening of follow(store, "orders", options)) {
    story.push(told(happening));
    if (story.length === 3) done.abort();
  }
  const [first, ...rest] = story;
  assertEquals(first, ids.slice(10, 42).join(" "));
  assertEquals(rest, ["missed some after 42-0", ids.slice(89).join(" ")]);
});

Deno.test("follow says when it begins behind entries that were trimmed", async () => {
  await using tail = await following({ afterId: "1-0" }, async (broker) => {
    for (const id of ["1-0", "2-0", "3-0"] as const) await publish(broker, "orders", { id });
    await broker.trim("orders", { beforeId: "3-0" });
  });
  assertEquals(await tail.look(), ["missed some after 1-0", "3-0"]);
});

Deno.test("follow does not take what was trimmed before it began for missed", async () => {
  await using tail = await following("beginning", async (broker) => {
    for (const id of ["1-0", "2-0", "3-0"] as const) await publish(broker, "orders", { id });
    await broker.trim("orders", { beforeId: "2-0" });
  });
  assertEquals(await tail.look(), ["2-0 3-0"]);
  await publish(tail.broker, "orders", { id: "4-0" });
  assertEquals(await tail.look(), ["4-0"]);
});

Deno.test("follow waits for a start that lies ahead of the stream", async () => {
  const start = { afterId: "5-0" } as const;
  await using tail = await following(start, (broker) => publish(broker, "orders", { id: "1-0" }));
  assertEquals(await tail.look(), []);
  for (const id of ["4-0", "5-0", "6-0"] as const) await publish(tail.broker, "orders", { id });
  assertEquals(await tail.look(), ["6-0"]);
});

Deno.test("follow goes on at the beginning of a stream that was made again", async () => {
  await using tail = await following("end", (broker) => publish(broker, "orders", { id: "9-0" }));
  assertEquals(await tail.look(), []);
  await tail.broker.deleteStream("orders");
  await publish(tail.broker, "orders", { id: "1-0" });
  assertEquals(await tail.look(), ["replaced", "1-0"]);
  await tail.broker.deleteStream("orders");
  assertEquals(await tail.look(), ["gone"]);
  await publish(tail.broker, "orders", { id: "1-0" });
  assertEquals(await tail.look(), ["1-0"]);
});

Deno.test("follow outlasts a broker that is away, and tells it once", async () => {
  await using tail = await following("end", (broker) => publish(broker, "orders", { id: "1-0" }));
  assertEquals(await tail.look(), []);
  tail.fail(new BrokerUnavailableError("read", "ECONNREFUSED"));
  assertEquals([await tail.look(), await tail.look()], [["away ECONNREFUSED"], []]);
  await publish(tail.broker, "orders", { id: "2-0" });
  tail.fail(null);
  assertEquals(await tail.look(), ["back", "2-0"]);
});
