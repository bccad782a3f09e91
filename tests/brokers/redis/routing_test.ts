/**
 * The order of keys under every kind of hand-over, played at random by several consumers of one group: each key's
 * outputs appear in source order, each exactly once (I2, I5), and nothing is left (I1).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Delivery } from "../../../src/domain/entry.ts";
import { compareEntryIds, type EntryId } from "../../../src/domain/entry_id.ts";
import type { Settlement } from "../../../src/domain/settlement.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { Membership, Order } from "../../../src/ports/consumer_store.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { handled, idsOf, joinGroup, noSignal, openBroker, readNow, redisCli } from "./setting.ts";

const ENTRIES = 120;
const KEYS = 7;
const STEPS = 600;

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** One consumer that does what chance tells it, and remembers what it was handed. */
class Player {
  readonly #broker: Broker;
  readonly #random: () => number;
  readonly #hands = new Set<EntryId>();
  #membership: Membership;
  #commits = 0;

  constructor(broker: Broker, membership: Membership, random: () => number) {
    this.#broker = broker;
    this.#membership = membership;
    this.#random = random;
  }

  /** Does one thing. */
  async play(): Promise<void> {
    const broker = this.#broker;
    const member = this.#membership;
    const count = 1 + Math.floor(this.#random() * 12);
    const choice = Math.floor(this.#random() * 12);
    if (choice < 4) return await this.#take(await readNow(broker, member, count));
    if (choice < 7) return await this.commit(count);
    if (choice === 7) return await this.#take(await readNow(broker, member, 1));
    if (choice === 8) {
      const ids = this.#some(count);
      await broker.release(member, this.#random() < 0.2 ? "all" : ids);
      for (const id of ids) this.#hands.delete(id);
    } else if (choice === 9) {
      const claim = { idleMsMin: 0, afterId: "0-0" as const, count };
      return await this.#take((await broker.claim(member, claim)).entries);
    } else if (choice === 10) {
      const { fenced } = await broker.renew(member, [...this.#hands]);
      for (const id of fenced) this.#hands.delete(id);
    } else {
      await this.restart();
    }
  }

  /** Forgets everything, as a killed process does, and starts again. */
  async restart(): Promise<void> {
    const { stream, consumer, order } = this.#membership;
    this.#hands.clear();
    this.#membership = await joinGroup(this.#broker, consumer, { stream, order });
    const own = { afterId: "0-0" as const, count: 1_000, countDelivery: true };
    await this.#take((await this.#broker.readOwnPending(this.#membership, own)).entries);
  }

  /** Finishes some entries; now and then one is deferred. */
  async commit(count: number): Promise<void> {
    const ids = this.#some(count);
    if (ids.length === 0) return;
    const settlements = ids.map((id): Settlement =>
      this.#random() < 0.1
        ? { kind: "deferred", id, dueAtMs: 1, failures: 1 }
        : handled(id, [{ stream: "{orders}:out", fields: ["source_id", id] }])
    );
    const token = `${this.#membership.consumer} ${++this.#commits} ${this.#membership.epoch}`;
    const request = { token, settlements, withDone: false };
    const { verdicts } = await this.#broker.commit(this.#membership, request);
    for (const [index, verdict] of verdicts.entries()) {
      const settlement = settlements[index];
      if (settlement === undefined || verdict === "held") continue;
      if (settlement.kind !== "deferred" || verdict !== "committed") {
        this.#hands.delete(settlement.id);
      }
    }
  }

  /** Takes what was handed out, and sees that nothing of its key is unfinished elsewhere before it. */
  async #take(deliveries: readonly Delivery[]): Promise<void> {
    for (const { id } of deliveries) this.#hands.add(id);
    const { stream, group, consumer, order } = this.#membership;
    if (order === "none" || deliveries.length === 0) return;
    const pending = await this.#broker.listPending(stream, group, { count: 1_000 });
    const keyOf = new Map<EntryId, unknown>();
    for (const { id, fields } of await this.#broker.range(stream, { count: 1_000 })) {
      keyOf.set(id, fields[3]);
    }
    for (const { id, fields } of deliveries) {
      const before = pending.filter((entry) =>
        compareEntryIds(entry.id, id) < 0 && fields[3] !== undefined &&
        keyOf.get(entry.id) === fields[3] && entry.consumer !== consumer
      );
      assertEquals(before, [], `${id} was handed to ${consumer} too early`);
    }
  }

  #some(count: number): EntryId[] {
    const ids = [...this.#hands].sort(compareEntryIds);
    return ids.filter(() => this.#random() < 0.8).slice(0, count);
  }
}

async function finish(broker: Broker, membership: Membership): Promise<void> {
  for (let round = 0; round < 50; round++) {
    const claim = { idleMsMin: 0, afterId: "0-0" as const, count: 1_000 };
    const { entries } = await broker.claim(membership, claim);
    const fresh = await broker.readNew(membership, { count: 1_000, blockMs: 0, signal: noSignal });
    const ids = [...new Set([...idsOf(entries), ...idsOf(fresh)])].sort(compareEntryIds);
    if (ids.length === 0) return;
    const settlements = ids.map((id) =>
      handled(id, [{ stream: "{orders}:out", fields: ["source_id", id] }])
    );
    await broker.commit(membership, { token: `last ${round}`, settlements, withDone: false });
  }
}

for (const order of ["key", "none"] satisfies Order[]) {
  const keeps = order === "key" ? "keep every key in order" : "finish every entry once";
  Deno.test(`three consumers that hand entries over at random ${keeps}`, async () => {
    await using server = await startRedisServer();
    await using broker = await openBroker(server.url);
    for (let seed = 1; seed <= 12; seed++) {
      await redisCli(server.port, "flushall");
      const random = seeded(seed);
      const players: Player[] = [];
      for (const consumer of ["a", "b", "c"]) {
        players.push(new Player(broker, await joinGroup(broker, consumer, { order }), random));
      }
      let appended = 0;
      for (let step = 0; step < STEPS; step++) {
        if (appended < ENTRIES && random() < 0.3) {
          const key = Math.floor(random() * KEYS);
          const fields = key === 0 ? ["a", "1"] : ["a", "1", "key", `key ${key}`];
          await broker.append("orders", [{ id: `${BigInt(++appended)}-0`, fields }]);
        }
        await players[Math.floor(random() * players.length)]?.play();
      }
      await finish(broker, await joinGroup(broker, "last", { order }));

      const sources = await broker.range("orders", { count: 1_000 });
      const outputs = await broker.range("{orders}:out", { count: 1_000 });
      const finished = outputs.map(({ fields }) => String(fields[1]));
      assertEquals(finished.toSorted(), sourceIds(sources).toSorted(), `seed ${seed}`);
      if (order === "key") {
        for (let key = 1; key < KEYS; key++) {
          const ofKey = sourceIds(sources.filter(({ fields }) => fields[3] === `key ${key}`));
          const inOrder = finished.filter((id) => ofKey.includes(id));
          assertEquals(inOrder, ofKey, `seed ${seed}, key ${key}`);
        }
      }
      const [group] = await broker.listGroups("orders");
      const last = sources.at(-1)?.id;
      const checkpoint = await broker.loadCheckpoint("orders", "billing");
      const { position, done } = { position: "", done: [""], ...Object(checkpoint) };
      assertEquals([group?.pendingCount, position, done], [0, last, []], `seed ${seed}`);
      const rest = await redisCli(server.port, "keys", "{orders}:tidemark:group:*");
      const parts = rest.split("\n").map((key) => key.split(":").at(-1)).sort();
      const kept = order === "key" ? ["checkpoint", "keyof"] : ["checkpoint"];
      assertEquals(parts.filter((part) => part !== "wake"), kept, `seed ${seed}`);
      const keyOf = "{orders}:tidemark:group:billing:keyof";
      const noted = order === "key" ? "-" : "";
      assertEquals(await redisCli(server.port, "hkeys", keyOf), noted, `seed ${seed}`);
    }
  });
}

function sourceIds(entries: readonly { readonly id: EntryId }[]): string[] {
  return entries.map(({ id }) => id);
}

Deno.test("what is finished leaves no trace of its key", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a", { order: "key" });
  for (let batch = 0; batch < 3; batch++) {
    await broker.append("orders", [{ fields: ["key", "k"] }, { fields: ["key", "l"] }]);
    const ids = idsOf(await readNow(broker, membership));
    const settlements = ids.map((id) => handled(id));
    await broker.commit(membership, { token: `t${batch}`, settlements, withDone: false });
  }
  const keys = await redisCli(server.port, "keys", "{orders}:tidemark:group:*");
  const group = "{orders}:tidemark:group:billing";
  assertEquals(keys.split("\n").toSorted(), [`${group}:checkpoint`, `${group}:keyof`]);
  assertEquals(await redisCli(server.port, "hkeys", `${group}:keyof`), "-"); // no entry's: see lanes.lua.ts
});
