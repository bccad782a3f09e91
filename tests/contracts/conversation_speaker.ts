/**
 * Says the next call of a conversation: a wish of the property, and chance, made into a call that meets what is there.
 *
 * @module
 */

import type { EntryFields } from "../../src/domain/entry.ts";
import {
  compareEntryIds,
  ENTRY_ID_MAX,
  ENTRY_ID_ZERO,
  type EntryId,
  entryIdParts,
} from "../../src/domain/entry_id.ts";
import type { Output, Settlement } from "../../src/domain/settlement.ts";
import type { EstablishPlan, Membership, Order } from "../../src/ports/consumer_store.ts";
import type { StartPosition } from "../../src/ports/group_store.ts";
import type { AppendEntry } from "../../src/ports/stream_store.ts";
import type { ConversationWorld, Place } from "./conversation_world.ts";
import type { Dice } from "./dice.ts";
import type { Operation } from "./differential_operation.ts";

const USUAL = [
  "append",
  "readNew",
  "readNew",
  "own",
  "claim",
  "commit",
  "commit",
  "release",
] as const;

/** What can be wished for, as often as it stands here. */
export const WISHES = [
  ...[...USUAL, ...USUAL, ...USUAL, ...USUAL, ...USUAL],
  ...["join", "join", "establish", "establish", "establish", "again", "renew", "failure"] as const,
  ...["age", "age", "age", "trim", "deleteEntries", "deleteEntries", "createGroup"] as const,
  ...["resetGroup", "deleteGroup", "deleteConsumer", "deleteStream", "createStream"] as const,
  ...["leave", "look", "look", "announce"] as const,
] as const;

/** One of {@linkcode WISHES}. */
export type Wish = typeof WISHES[number];

/** The lease of consumers: longer than any conversation lasts by the clock of the machine. */
export const LEASE_MS = 100_000;

/** Names with what a script might stumble over. */
export const CONSUMERS = ["ann", "ann:1", "zoë"] as const;

const SEQ_MAX = 2n ** 64n - 1n;
const BYTES = Uint8Array.of(0, 255, 10, 13);
/** Keys: ordinary, empty, longer than a script keeps whole, like another one's mark, and no text. */
const KEYS = ["x", "", "k".repeat(70), "1:x:", Uint8Array.of(255, 0), "x"] as const;
/** Above it the server's own ids follow the last one, and not the time. */
const ASSIGNS_ABOVE = 9_000_000_000_000n;

/** Who makes one call of wish and chance. */
export class Speaker {
  readonly #world: ConversationWorld;
  readonly #dice: Dice;

  constructor(world: ConversationWorld, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  /** @returns `null` where there is nobody to do it. */
  say(wish: Exclude<Wish, "age">): Operation | null {
    const dice = this.#dice;
    const world = this.#world;
    // Mostly the same place: calls that meet tell more.
    const [usual = "", other = ""] = world.streamNames;
    const stream = dice.once(5) ? other : usual;
    const group: Order = dice.once(4) ? "none" : "key";
    if (wish === "append") return this.#append(stream);
    if (wish === "join") {
      const joiner = { stream, group, consumer: dice.pick(CONSUMERS), order: group };
      return { method: "join", args: [{ ...joiner, ticket: world.nextTicket() }] };
    }
    if (wish === "trim") {
      const bound = dice.once(2) ? { lengthMax: dice.roll(8) } : { beforeId: this.#id(stream) };
      return { method: "trim", args: [stream, bound] };
    }
    if (wish === "deleteEntries") {
      const [first = this.#id(stream)] = world.groupOf({ stream, group }).ids();
      const ids = Array.from(
        { length: 1 + dice.roll(3) },
        () => dice.once(2) ? first : this.#id(stream),
      );
      return { method: "deleteEntries", args: [stream, ids] };
    }
    if (wish === "createGroup") {
      const options = { createStream: dice.once(2) };
      return { method: wish, args: [stream, group, this.#start(stream), options] };
    }
    if (wish === "resetGroup") {
      const force = !dice.once(3);
      return { method: wish, args: [stream, group, this.#start(stream), { force }] };
    }
    if (wish === "deleteGroup") {
      return dice.once(3) ? { method: wish, args: [stream, group, { force: dice.once(2) }] } : null;
    }
    if (wish === "deleteConsumer") {
      return { method: wish, args: [stream, group, dice.pick(CONSUMERS)] };
    }
    if (wish === "deleteStream") {
      if (!dice.once(4)) return null;
      return {
        method: wish,
        args: dice.once(2) ? [stream] : [stream, { lastId: this.#id(stream) }],
      };
    }
    if (wish === "createStream") return { method: wish, args: [stream] };
    if (wish === "look") return this.#look({ stream, group });
    if (wish === "announce") {
      const instance = dice.pick(["p1", "p:2"]);
      if (dice.once(3)) return { method: "withdraw", args: [instance] };
      if (dice.once(2)) return { method: "listInstances", args: [] };
      return { method: wish, args: [instance, JSON.stringify(dice.roll(100)), 80_000_000] };
    }
    if (wish === "again") return world.commits.at(-1 - dice.roll(2)) ?? null;
    const member = this.#member();
    return member === null ? null : this.#consumerCall(wish, member);
  }

  #consumerCall(
    wish:
      | "establish"
      | "readNew"
      | "own"
      | "claim"
      | "commit"
      | "renew"
      | "release"
      | "failure"
      | "leave",
    member: Membership,
  ): Operation {
    const dice = this.#dice;
    const afterId = dice.once(4) ? this.#id(member.stream) : ENTRY_ID_ZERO;
    const count = 1 + dice.roll(6);
    switch (wish) {
      case "establish":
        return { method: wish, args: [member, this.#plan(member)] };
      case "readNew":
        return { method: wish, args: [member, count] };
      case "own": {
        const options = { afterId, count, countDelivery: dice.once(2) };
        return { method: "readOwnPending", args: [member, options] };
      }
      case "claim": {
        const isSure =
          this.#world.groupOf(member).ids(({ idleMs }) => idleMs === null).length === 0;
        const idleMsMin = isSure && !dice.once(3) ? LEASE_MS : 0;
        return { method: wish, args: [member, { afterId, count, idleMsMin }] };
      }
      case "renew":
        return { method: wish, args: [member, this.#held(member)] };
      case "release":
        return { method: wish, args: [member, dice.once(3) ? "all" : this.#held(member)] };
      case "failure": {
        const [id = this.#id(member.stream)] = this.#held(member);
        return { method: "recordFailure", args: [member, id, 1 + dice.roll(5)] };
      }
      case "leave":
        return { method: wish, args: [member] };
      case "commit": {
        const ids = this.#held(member);
        if (ids.length === 0) ids.push(this.#id(member.stream));
        const settlements = ids.map((id) => this.#settlement(id));
        const token = dice.once(6) ? null : this.#world.nextToken();
        return { method: wish, args: [member, { token, settlements, withDone: !dice.once(3) }] };
      }
    }
  }

  /** Mostly a living one. */
  #member(): Membership | null {
    const { members } = this.#world;
    if (members.length === 0) return null;
    const member = this.#dice.pick(members);
    if (this.#dice.once(12)) return member;
    const living = members.filter((each) =>
      this.#world.groupOf(each).tickets.get(each.consumer) === each.ticket
    );
    return living.length === 0 ? member : this.#dice.pick(living);
  }

  /** Some id of a stream, there, gone, or never given. */
  #id(stream: string): EntryId {
    const dice = this.#dice;
    const { lastId } = this.#world.streamOf(stream);
    const known = this.#world.streamOf(stream).everyId();
    if (known.length > 0 && !dice.once(6)) return dice.pick(known);
    const { ms, seq } = entryIdParts(lastId);
    if (dice.once(12)) return ENTRY_ID_MAX;
    if (dice.once(4)) return ENTRY_ID_ZERO;
    return `${ms}-${seq === SEQ_MAX ? seq : seq + 1n}`;
  }

  /** Some of what a consumer holds, and now and then something else; ascending. */
  #held({ stream, group, consumer }: Membership): EntryId[] {
    const dice = this.#dice;
    const place = this.#world.groupOf({ stream, group });
    const all = dice.once(2);
    const ids = new Set(
      place.ids(({ owner, isInHands }) =>
        (owner === consumer && isInHands && (all || dice.once(2))) || dice.once(12)
      ),
    );
    if (dice.once(10)) ids.add(this.#id(stream));
    return [...ids].sort(compareEntryIds);
  }

  #append(stream: string): Operation {
    const dice = this.#dice;
    const { lastId, entriesAdded } = this.#world.streamOf(stream);
    let { ms, seq } = entriesAdded === 0
      ? { ms: this.#world.baseMs, seq: 0n }
      : entryIdParts(lastId);
    const entries: AppendEntry[] = [];
    let isAssigned = false;
    for (let count = 1 + dice.roll(5); count > 0; count--) {
      const fields = this.#fields(entriesAdded + entries.length);
      const once = dice.once(8) ? { idempotencyKey: `once-${dice.roll(4)}` } : {};
      isAssigned ||= ms > ASSIGNS_ABOVE && dice.once(6) && entriesAdded + entries.length > 0;
      // Behind an id that the server chooses, brokers may name another one of several that are too low.
      if (isAssigned) {
        entries.push({ fields, ...once });
        continue;
      }
      if (dice.once(3)) seq += 1n;
      else {
        ms += 1n + BigInt(dice.roll(2));
        seq = dice.once(8) ? SEQ_MAX : BigInt(dice.roll(2));
      }
      if (dice.once(40)) ms -= 2n;
      if (ms > SEQ_MAX) ms = SEQ_MAX;
      if (seq > SEQ_MAX) seq = SEQ_MAX;
      entries.push({ id: `${ms < 0n ? 0n : ms}-${seq}`, fields, ...once });
    }
    return { method: "append", args: [stream, entries] };
  }

  #fields(number: number): EntryFields {
    const dice = this.#dice;
    const fields = ["n", String(number), ...dice.once(5) ? ["raw", BYTES] : []];
    if (dice.once(6)) return fields;
    const keyed = [...fields, "key", dice.pick(KEYS)];
    return dice.once(10) ? [...keyed, "key", "second"] : keyed;
  }

  #start(stream: string): StartPosition {
    const dice = this.#dice;
    const { ms } = entryIdParts(this.#id(stream));
    const fromTimeMs = ms > BigInt(Number.MAX_SAFE_INTEGER) ? 1 : Number(ms);
    return dice.pick<StartPosition>([
      ...["beginning", "beginning", "end"] as const,
      { afterId: this.#id(stream) },
      { fromTimeMs },
    ]);
  }

  #plan({ stream, ticket }: Membership): EstablishPlan {
    const dice = this.#dice;
    const id = this.#id(stream);
    const done = Array.from({ length: dice.roll(4) }, () => this.#id(stream));
    const isUsual = dice.once(2);
    return {
      createStream: !dice.once(4),
      group: isUsual ? { create: ENTRY_ID_ZERO } : dice.pick<EstablishPlan["group"]>([
        "keep",
        { create: id },
        { advance: id },
        { reset: id },
      ]),
      checkpoint: isUsual ? dice.pick(["keep", "ofNewGroup"]) : dice.pick([
        "keep",
        "ofNewGroup",
        { position: dice.once(2) ? id : this.#id(stream), done },
      ]),
      quarantine: !isUsual && dice.once(4),
      ...(dice.once(3) ? { decidedOn: ticket } : {}),
    };
  }

  #settlement(id: EntryId): Settlement {
    const dice = this.#dice;
    const output = (text: string): Output => ({
      stream: dice.pick(this.#world.outputNames),
      fields: ["of", id, "text", text],
    });
    const choice = dice.roll(12);
    if (choice < 2) {
      return { kind: "deferred", id, dueAtMs: dice.roll(1_000), failures: dice.roll(4) };
    }
    if (choice === 2) return { kind: "deadLettered", id, letter: output("dead"), reason: "test" };
    if (choice === 3) return { kind: "lost", id };
    const outputs = Array.from({ length: dice.roll(3) }, (_, index) => output(String(index)));
    return { kind: "handled", id, outputs, work: [] };
  }

  #look({ stream, group }: Place): Operation {
    const dice = this.#dice;
    return dice.pick<Operation>([
      { method: "streamInfo", args: [stream] },
      { method: "listConsumers", args: [stream, group] },
      { method: "listQuarantined", args: [stream, group] },
      {
        method: "listPending",
        args: [stream, group, {
          count: 1 + dice.roll(9),
          ...(dice.once(2) ? { consumer: dice.pick(CONSUMERS) } : {}),
          ...(dice.once(2) ? { afterId: this.#id(stream) } : {}),
        }],
      },
      {
        method: "range",
        args: [stream, {
          count: 1 + dice.roll(9),
          reverse: dice.once(2),
          ...(dice.once(2) ? { from: this.#id(stream) } : {}),
          ...(dice.once(2) ? { to: this.#id(stream) } : {}),
        }],
      },
    ]);
  }
}
