/**
 * Random worlds in which a lag is hard to tell: entries trimmed and deleted, groups made in the middle, moved, moved
 * beyond the end and removed, ids of all kinds.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Dice } from "../contracts/dice.ts";

/** Moves a group by a command of Redis itself, also with a lie about how much it has read; absent on other brokers. */
export type MoveByHand = (stream: string, args: readonly string[]) => Promise<unknown>;

/** One stream with its groups. */
export class MeasuredWorld {
  readonly #broker: Broker;
  readonly #dice: Dice;
  readonly #move: MoveByHand | null;
  #number: number;

  /** @param of The broker, the stream's name, chance, and how to move groups by hand. */
  constructor(
    readonly of: {
      readonly broker: Broker;
      readonly stream: string;
      readonly dice: Dice;
      readonly move: MoveByHand | null;
    },
  ) {
    this.#broker = of.broker;
    this.#dice = of.dice;
    this.#move = of.move;
    // Small numbers, and numbers that could be times.
    this.#number = of.dice.pick([0, 1_700_000_000_000]);
  }

  /** Does one thing. */
  async step(): Promise<void> {
    const { stream } = this.of;
    const [broker, dice] = [this.#broker, this.#dice];
    const choice = dice.roll(100);
    const group = dice.pick(["a", "b"]);
    if (choice < 30) return await this.#append(1 + dice.roll(8));
    if (choice < 33) return await this.#append(600);
    if (choice < 45) await this.#make(group);
    else if (choice < 65) await this.#read(group, 1 + dice.roll(dice.once(4) ? 600 : 10));
    else if (choice < 73) await broker.trim(stream, { lengthMax: dice.roll(10) * dice.roll(80) });
    else if (choice < 85) await this.#delete();
    else if (choice < 90) await broker.deleteGroup(stream, group, { force: true });
    else if (choice < 92) await broker.deleteStream(stream);
    else await this.#moveByHand(group);
  }

  /** Counts anew: how many entries lie behind a position. */
  async unread(lastDeliveredId: EntryId): Promise<number> {
    const entries = await this.#broker.range(this.of.stream, { count: 10_000 });
    return entries.filter(({ id }) => compareEntryIds(id, lastDeliveredId) > 0).length;
  }

  async #append(count: number): Promise<void> {
    const ids = Array.from({ length: count }, (): EntryId => {
      this.#number += this.#dice.once(10) ? 1 + this.#dice.roll(50) : 1;
      return `${BigInt(this.#number)}-${BigInt(this.#dice.roll(3))}`;
    });
    await this.#broker.append(this.of.stream, ids.map((id) => ({ id, fields: ["n", id] })));
  }

  async #make(group: string): Promise<void> {
    const info = await this.#broker.streamInfo(this.of.stream);
    if (info === null) return;
    const id: EntryId = `${BigInt(this.#dice.roll(this.#number % 1_000_000 + 1))}-1`;
    const afterId = compareEntryIds(id, info.lastId) > 0 ? info.lastId : id;
    const start = this.#dice.pick(["beginning", "end", { afterId }] as const);
    await this.#broker.createGroup(this.of.stream, group, start);
  }

  async #read(group: string, count: number): Promise<void> {
    const broker = this.#broker;
    const { stream } = this.of;
    const known = await broker.listGroups(stream);
    if (!known.some((info) => info.group === group)) return;
    const { membership } = await broker.join({ stream, group, consumer: "c", order: "none" });
    await broker.establish(membership, {
      createStream: false,
      group: "keep",
      checkpoint: { position: "0-0", done: [] },
      quarantine: true,
    });
    const { signal } = new AbortController();
    await broker.readNew(membership, { count, blockMs: 0, signal });
  }

  async #delete(): Promise<void> {
    const entries = await this.#broker.range(this.of.stream, {
      count: 1 + this.#dice.roll(600),
      reverse: this.#dice.once(2),
    });
    if (entries.length === 0) return;
    const ids = this.#dice.once(3) ? entries.map(({ id }) => id) : [this.#dice.pick(entries).id];
    await this.#broker.deleteEntries(this.of.stream, ids);
  }

  async #moveByHand(group: string): Promise<void> {
    const groups = await this.#broker.listGroups(this.of.stream);
    if (this.#move === null || !groups.some((info) => info.group === group)) return;
    // Into the middle, and a little beyond the end.
    const target = `${Math.max(0, this.#number - this.#dice.roll(30) + this.#dice.roll(5))}-1`;
    const lie = this.#dice.once(2) ? ["ENTRIESREAD", String(this.#dice.roll(100))] : [];
    await this.#move(this.of.stream, [group, target, ...lie]);
  }
}
