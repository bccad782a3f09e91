/**
 * Chooses the next call of a differential run: a small world of streams, groups and consumers, where calls meet often.
 * What it knows of the world it has learned from the answers so far.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { EntryFields } from "../../src/domain/entry.ts";
import type { Output, Settlement } from "../../src/domain/settlement.ts";
import type { EstablishPlan, Membership } from "../../src/ports/consumer_store.ts";
import type { StartPosition } from "../../src/ports/group_store.ts";
import type { AppendEntry } from "../../src/ports/stream_store.ts";
import type { Dice } from "./dice.ts";
import { type Joiner, type Operation, OUTPUT_STREAMS } from "./differential_operation.ts";

const STREAMS = ["s", "{s}"] as const;
/** `none` keeps no order, `key` does. */
const GROUPS = ["none", "key"] as const;
const CONSUMERS = ["ann", "bob", "cid"] as const;
const KEYS = ["x", "y", "z"] as const;
/** Idle for so long is only what was handed back. */
const FAR_MS = 1_000_000_000;

/** The world as the calls see it. */
export class World {
  readonly #dice: Dice;
  /** The last number that an id was made of, by stream; it only rises. */
  readonly #last = new Map<string, number>();
  readonly #members: Membership[] = [];
  #joins = 0;
  /** Ids that a consumer was last handed, by stream, group and name. */
  readonly #held = new Map<string, EntryId[]>();
  /** What is done next, whatever the dice say: a consumer that was told to join again mostly does. */
  readonly #agenda: Operation[] = [];
  readonly #commits: Extract<Operation, { method: "commit" }>[] = [];

  /** @param dice Decides everything. */
  constructor(dice: Dice) {
    this.#dice = dice;
  }

  /** Chooses the next call. */
  next(): Operation {
    const due = this.#agenda.shift();
    if (due !== undefined) return due;
    const dice = this.#dice;
    const choice = dice.roll(100);
    if (choice < 14) return this.#append();
    if (choice < 20 || this.#members.length === 0) return this.#join();
    const member = this.#member();
    if (choice < 23) return { method: "establish", args: [member, this.#plan(member.stream)] };
    if (choice < 40) return { method: "readNew", args: [member, 1 + dice.roll(5)] };
    if (choice < 47) {
      const afterId = dice.once(3) ? this.#id(member.stream) : ENTRY_ID_ZERO;
      const options = { afterId, count: 1 + dice.roll(6), countDelivery: dice.once(2) };
      return { method: "readOwnPending", args: [member, options] };
    }
    if (choice < 56) {
      const afterId = dice.once(3) ? this.#id(member.stream) : ENTRY_ID_ZERO;
      const idleMsMin = dice.once(3) ? FAR_MS : 0;
      return { method: "claim", args: [member, { idleMsMin, afterId, count: 1 + dice.roll(6) }] };
    }
    if (choice < 59) return { method: "renew", args: [member, this.#ids(member)] };
    if (choice < 63) {
      return { method: "release", args: [member, dice.once(3) ? "all" : this.#ids(member)] };
    }
    if (choice < 65) {
      const [id = this.#id(member.stream)] = this.#ids(member);
      return { method: "recordFailure", args: [member, id, 1 + dice.roll(5)] };
    }
    if (choice < 84) return this.#commit(member);
    return this.#administer();
  }

  /** Learns from an answer. */
  learn(operation: Operation, answer: unknown): void {
    if (typeof answer !== "object" || answer === null) return;
    if ("error" in answer) {
      const [member] = operation.args;
      const isForgotten = answer.error === "GroupMissingError" ||
        answer.error === "GroupResetError";
      if (isForgotten && typeof member === "object" && "order" in member) {
        this.#rejoin(member);
      }
      return;
    }
    if (operation.method === "join" && "membership" in answer) {
      const [joiner] = operation.args;
      const epoch = Number(Reflect.get(Object(answer.membership), "epoch"));
      const member = { ...joiner, epoch };
      this.#members.push(member);
      if (!this.#dice.once(4)) this.#agenda.push(this.#establish(member));
    }
    if (operation.method === "commit" && !this.#dice.once(5)) {
      const [member, { settlements }] = operation.args;
      const settled = new Set(settlements.map(({ id }) => id));
      const held = this.#held.get(nameOf(member)) ?? [];
      this.#held.set(nameOf(member), held.filter((id) => !settled.has(id)));
    }
    const entries = Array.isArray(answer) ? answer : Reflect.get(answer, "entries");
    if ("method" in operation && Array.isArray(entries) && HANDS_OUT.has(operation.method)) {
      const [member] = operation.args;
      if (typeof member !== "object" || !("epoch" in member)) return;
      const held = this.#held.get(nameOf(member)) ?? [];
      const lost: unknown = Reflect.get(answer, "lost");
      const ids = [...entries.map(({ id }) => id), ...Array.isArray(lost) ? lost : []];
      this.#held.set(nameOf(member), [...new Set([...held, ...ids])].slice(-12));
    }
  }

  #rejoin({ stream, group, consumer, order }: Omit<Joiner, "ticket">): void {
    if (this.#dice.once(4)) return;
    this.#agenda.push(this.#joinAs({ stream, group, consumer, order }));
  }

  /** As a consumer does that finds no checkpoint. */
  #establish(member: Membership): Operation {
    const plan: EstablishPlan = {
      createStream: true,
      group: { create: ENTRY_ID_ZERO },
      checkpoint: "keep",
      quarantine: false,
    };
    return { method: "establish", args: [member, plan] };
  }

  #append(): Operation {
    const dice = this.#dice;
    const stream = dice.pick(STREAMS);
    const last = this.#last.get(stream) ?? 0;
    const entries: AppendEntry[] = [];
    let number = last;
    for (let count = 1 + dice.roll(4); count > 0; count--) {
      number += dice.once(30) ? -1 : 1 + dice.roll(2);
      const fields: EntryFields = ["n", String(number)];
      const id: EntryId = `${BigInt(Math.max(0, number))}-${BigInt(dice.roll(2))}`;
      entries.push({
        id,
        fields: dice.once(4) ? fields : [...fields, "key", dice.pick(KEYS)],
        ...(dice.once(6) ? { idempotencyKey: `once-${dice.roll(6)}` } : {}),
      });
    }
    this.#last.set(stream, Math.max(last, number));
    return { method: "append", args: [stream, entries] };
  }

  #join(): Operation {
    const order = this.#dice.pick(GROUPS);
    const stream = this.#dice.pick(STREAMS);
    return this.#joinAs({ stream, group: order, consumer: this.#dice.pick(CONSUMERS), order });
  }

  #joinAs(joiner: Omit<Joiner, "ticket">): Operation {
    return { method: "join", args: [{ ...joiner, ticket: `${++this.#joins}` }] };
  }

  #plan(stream: string): EstablishPlan {
    const dice = this.#dice;
    const id = this.#id(stream);
    const groups: EstablishPlan["group"][] = [
      "keep",
      { create: ENTRY_ID_ZERO },
      { create: ENTRY_ID_ZERO },
      { create: id },
      { advance: id },
      { reset: id },
    ];
    const done = Array.from({ length: dice.roll(4) }, () => this.#id(stream));
    return {
      createStream: !dice.once(4),
      group: dice.pick(groups),
      checkpoint: dice.once(6) ? { position: this.#id(stream), done } : "keep",
      quarantine: dice.once(12),
    };
  }

  #commit(member: Membership): Operation {
    const dice = this.#dice;
    if (dice.once(10) && this.#commits.length > 0) return dice.pick(this.#commits.slice(-3));
    const settlements = this.#ids(member).map((id) => this.#settlement(id));
    if (settlements.length === 0) settlements.push(this.#settlement(this.#id(member.stream)));
    const token = `token-${this.#commits.length}`;
    const operation: Operation = {
      method: "commit",
      args: [member, { token, settlements, withDone: !dice.once(3) }],
    };
    this.#commits.push(operation);
    return operation;
  }

  #settlement(id: EntryId): Settlement {
    const dice = this.#dice;
    const output = (text: string): Output => ({
      stream: dice.pick(OUTPUT_STREAMS),
      fields: ["of", id, "text", text],
    });
    const choice = dice.roll(10);
    if (choice === 0) {
      return { kind: "deferred", id, dueAtMs: dice.roll(1_000), failures: dice.roll(4) };
    }
    if (choice === 1) {
      return { kind: "deadLettered", id, letter: output("dead"), reason: "test" };
    }
    if (choice === 2) return { kind: "lost", id };
    const outputs = Array.from({ length: dice.roll(3) }, (_, index) => output(String(index)));
    return { kind: "handled", id, outputs, work: [] };
  }

  #administer(): Operation {
    const dice = this.#dice;
    const stream = dice.pick(STREAMS);
    const group = dice.pick(GROUPS);
    const choice = dice.roll(40);
    if (choice < 3) {
      const bound = dice.once(2) ? { lengthMax: dice.roll(12) } : { beforeId: this.#id(stream) };
      return { method: "trim", args: [stream, bound] };
    }
    if (choice < 6) {
      const ids = Array.from({ length: 1 + dice.roll(3) }, () => this.#id(stream));
      return { method: "deleteEntries", args: [stream, ids] };
    }
    if (choice < 9) {
      const starts: StartPosition[] = ["beginning", "end", { afterId: this.#id(stream) }, {
        fromTimeMs: dice.roll((this.#last.get(stream) ?? 0) + 5),
      }];
      if (dice.once(4)) {
        const options = { force: !dice.once(3) };
        return { method: "resetGroup", args: [stream, group, dice.pick(starts), options] };
      }
      const options = { createStream: dice.once(2) };
      return { method: "createGroup", args: [stream, group, dice.pick(starts), options] };
    }
    if (choice < 10) {
      return { method: "deleteGroup", args: [stream, group, { force: dice.once(3) }] };
    }
    if (choice < 12) {
      return { method: "deleteConsumer", args: [stream, group, dice.pick(CONSUMERS)] };
    }
    if (choice < 14) return { method: "createStream", args: [stream] };
    if (choice === 14 && dice.once(3)) return this.#deleteStream(stream);
    if (choice < 18) return { method: "listGroups", args: [stream] };
    if (choice < 21) return { method: "listConsumers", args: [stream, group] };
    if (choice < 29) {
      const options = {
        count: 1 + dice.roll(40),
        ...(dice.once(4) ? { consumer: dice.pick(CONSUMERS) } : {}),
        ...(dice.once(4) ? { afterId: this.#id(stream) } : {}),
        ...(dice.once(4) ? { idleMsMin: dice.once(2) ? 0 : FAR_MS } : {}),
      };
      return { method: "listPending", args: [stream, group, options] };
    }
    if (choice < 32) return { method: "streamInfo", args: [dice.pick([...STREAMS, "out-a"])] };
    if (choice < 35) {
      const options = { count: 1 + dice.roll(50), reverse: dice.once(2), from: this.#id(stream) };
      return { method: "range", args: [stream, options] };
    }
    if (choice < 39) return { method: "loadCheckpoint", args: [stream, group] };
    return { method: "listStreams", args: [] };
  }

  /** Ids start again with the stream. */
  #deleteStream(stream: string): Operation {
    this.#last.delete(stream);
    return { method: "deleteStream", args: [stream] };
  }

  /** Mostly the newest process of some name. */
  #member(): Membership {
    const member = this.#dice.pick(this.#members);
    if (this.#dice.once(12)) return member;
    return this.#members.findLast((other) => nameOf(other) === nameOf(member)) ?? member;
  }

  /** Some id of a stream, appended or not. */
  #id(stream: string): EntryId {
    const last = this.#last.get(stream) ?? 0;
    return `${BigInt(this.#dice.roll(last + 2))}-${BigInt(this.#dice.roll(2))}`;
  }

  /** Some of what a consumer was handed, and now and then something else; ascending. */
  #ids(member: Membership): EntryId[] {
    const dice = this.#dice;
    const held = this.#held.get(nameOf(member)) ?? [];
    const ids = new Set(held.filter(() => dice.once(2)));
    if (dice.once(5)) ids.add(this.#id(member.stream));
    return [...ids].sort(byNumbers);
  }
}

const HANDS_OUT: ReadonlySet<string> = new Set([
  "readNew",
  "readOwnPending",
  "claim",
]);

function nameOf({ stream, group, consumer }: Membership): string {
  return `${stream} ${group} ${consumer}`;
}

function byNumbers(left: EntryId, right: EntryId): number {
  const [leftMs = 0, leftSeq = 0] = left.split("-").map(Number);
  const [rightMs = 0, rightSeq = 0] = right.split("-").map(Number);
  return leftMs - rightMs || leftSeq - rightSeq;
}
