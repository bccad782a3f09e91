/**
 * A conversation with brokers: every call is made on each of them, their answers are compared with each other and held
 * against the laws, and what they keep is looked at after each call. At its end the consumers finish what is left, which
 * they always can.
 *
 * @module
 */

import { equal } from "@std/assert";
import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { EstablishPlan, Membership } from "../../src/ports/consumer_store.ts";
import { isAbove } from "./conversation_group.ts";
import { assertLaw } from "./conversation_law.ts";
import { CONSUMERS, LEASE_MS, Speaker, type Wish } from "./conversation_speaker.ts";
import { ConversationWorld, type Place } from "./conversation_world.ts";
import { Dice } from "./dice.ts";
import { type Operation, perform } from "./differential_operation.ts";

/** What is wished for next, and the chance that decides the rest. */
export interface Step {
  readonly wish: Wish;
  readonly chance: number;
}

/** Brokers that a conversation is held with. */
export interface Partners {
  readonly brokers: ReadonlyMap<string, Broker>;
  /** Lets time pass for the leases in these streams. */
  age(streams: readonly string[], byMs: number): Promise<void>;
}

/** So much time passes at once: two of them are a lease. */
const AGE_MS = 60_000;
/** The consumers take turns until nothing is left; each turn finishes something, or they are stuck. */
const TURNS_MAX = 60;
const ALL = { afterId: ENTRY_ID_ZERO, count: 1_000 } as const;

const PLAN: EstablishPlan = {
  createStream: true,
  group: { create: ENTRY_ID_ZERO },
  checkpoint: "ofNewGroup",
  quarantine: false,
};

/** One conversation. */
export class Conversation {
  readonly #partners: Partners;
  readonly #world: ConversationWorld;
  /** Everything that was said, for the report. */
  readonly #said: string[] = [];

  constructor(partners: Partners, name: string, baseMs: bigint) {
    this.#partners = partners;
    this.#world = new ConversationWorld(name, baseMs);
  }

  /** Holds it. @throws With everything that was said, when brokers differ or a law is broken. */
  async hold(steps: readonly Step[]): Promise<void> {
    try {
      for (const instance of ["p1", "p:2"]) {
        await this.#say({ method: "withdraw", args: [instance] });
      }
      const [stream = ""] = this.#world.streamNames;
      for (const consumer of CONSUMERS) {
        await this.#join({ stream, group: "key", consumer, order: "key" });
      }
      for (const { wish, chance } of steps) {
        const dice = new Dice(chance);
        if (wish === "age") {
          await this.#age();
          continue;
        }
        const operation = new Speaker(this.#world, dice).say(wish);
        if (operation === null) continue;
        const answer = await this.#say(operation);
        const isForgotten = ["GroupMissingError", "GroupResetError"].includes(
          Reflect.get(Object(answer), "error"),
        );
        const [member] = operation.args;
        const rejoins = isForgotten && typeof member === "object" && "order" in member;
        if (operation.method === "join" && !dice.once(5)) await this.#establish();
        else if (rejoins && !dice.once(4)) await this.#join(member);
      }
      for (const place of this.#world.places()) await this.#finish(place);
      await this.#lookAtStreams();
    } catch (error) {
      const said = this.#said.join("\n");
      throw new Error(`${error instanceof Error ? error.message : error}\nafter\n${said}`, {
        cause: error,
      });
    }
  }

  /** Makes a call on all. @returns The answer. */
  async #say(operation: Operation): Promise<unknown> {
    this.#said.push(`  ${operation.method} ${JSON.stringify(operation.args, spelled)}`);
    const answer = await this.#ask(operation);
    this.#world.learn(operation, answer);
    const place = this.#world.placeOf(operation);
    if (place !== null) await this.#lookAt(place);
    return answer;
  }

  async #ask(operation: Operation): Promise<unknown> {
    const answers = await Promise.all(
      Array.from(this.#partners.brokers, async ([name, broker]) => ({
        name,
        answer: await perform(broker, operation),
      })),
    );
    const [first, ...others] = answers;
    for (const other of others) {
      if (equal(other.answer, first?.answer)) continue;
      const told = answers.map(({ name, answer }) => `${name}: ${JSON.stringify(answer)}`);
      throw new Error([`Brokers differ in ${operation.method}:`, ...told].join("\n"));
    }
    return first?.answer;
  }

  async #age(): Promise<void> {
    this.#said.push("  time passes");
    this.#world.age(AGE_MS);
    await this.#partners.age(this.#world.streamNames, AGE_MS);
  }

  /** The newest join makes its place. */
  async #establish(): Promise<Membership | undefined> {
    const member = this.#world.members.at(-1);
    if (member !== undefined) await this.#say({ method: "establish", args: [member, PLAN] });
    return member;
  }

  async #join(
    { stream, group, consumer, order }: Omit<Membership, "epoch" | "ticket">,
  ): Promise<Membership | undefined> {
    const ticket = this.#world.nextTicket();
    await this.#say({ method: "join", args: [{ stream, group, consumer, order, ticket }] });
    return await this.#establish();
  }

  /** What is pending and finished is exactly what follows from the answers. */
  async #lookAt({ stream, group }: Place): Promise<void> {
    const model = this.#world.groupOf({ stream, group });
    const listed = await this.#ask({
      method: "listPending",
      args: [stream, group, { count: 10_000 }],
    });
    const checkpoint = await this.#ask({ method: "loadCheckpoint", args: [stream, group] });
    const groups = await this.#ask({ method: "listGroups", args: [stream] });
    if (Array.isArray(listed)) model.forgetUntold(new Set(listed.map(({ id }) => id)));
    const pending = model.ids().map((id) => {
      const { owner, deliveries } = model.pending.get(id) ?? {};
      return { id, consumer: owner ?? "tidemark:released", deliveries };
    });
    const isRight = model.exists ? equal(listed, pending) : "error" in Object(listed);
    assertLaw(isRight, "pending is what was handed out and is not finished", { listed, pending });
    const { position, done } = Object(checkpoint);
    const wanted = [...model.done].sort(compareEntryIds);
    const isSaved = model.hasCheckpoint
      ? position === model.position && equal(done, wanted)
      : checkpoint === null;
    assertLaw(isSaved, "the checkpoint is what is finished", {
      checkpoint,
      wanted,
      position: model.hasCheckpoint ? model.position : null,
    });
    const info = Array.isArray(groups) ? groups.find((each) => each.group === group) : undefined;
    assertLaw((info !== undefined) === model.exists, "a group is there or not", { info });
    if (info === undefined) return;
    const { lostCount, lastDeliveredId } = info;
    const facts = { info, lostCount: model.lostCount, lastDelivered: model.lastDelivered };
    const isCounted = lostCount === model.lostCount && lastDeliveredId === model.lastDelivered;
    assertLaw(isCounted, "losses are counted once, and what was read stays read", facts);
  }

  /** Those who work and never went away finish all that is theirs, one after the other. */
  async #workOn(place: Place): Promise<void> {
    const model = this.#world.groupOf(place);
    const members = this.#world.members.filter((member) =>
      member.stream === place.stream && member.group === place.group &&
      model.isLiving(member.consumer, member.ticket)
    );
    const names = new Set(members.map(({ consumer }) => consumer));
    for (let turn = 0; members.length > 0; turn++) {
      const owners = model.ids(({ owner }) => owner === null || names.has(owner));
      if (owners.length < model.pending.size || model.isRead() || model.isFoundLater()) return;
      const waiting = [...model.pending];
      assertLaw(turn < TURNS_MAX, "what waits is set free", { place, waiting });
      const member = members[turn % members.length];
      if (member === undefined) return;
      const { consumer } = member;
      const held = model.ids(({ owner, isInHands }) => owner === consumer && isInHands);
      await this.#commit(member, held, new Set());
      await this.#settle(member, { method: "readNew", args: [member, 1 + turn % 4] });
    }
  }

  /** Everybody comes back and finishes all there is. */
  async #finish(place: Place): Promise<void> {
    const model = this.#world.groupOf(place);
    if (!model.exists) return;
    const order = place.group === "key" ? "key" : "none";
    if (order === "key") await this.#workOn(place);
    const members: Membership[] = [];
    for (const consumer of CONSUMERS) {
      const member = await this.#join({ ...place, consumer, order });
      if (member !== undefined) members.push(member);
    }
    for (let turn = 0;; turn++) {
      if (model.isRead()) break;
      const waiting = [...model.pending];
      assertLaw(turn < TURNS_MAX, "consumers that work finish everything", { place, waiting });
      const member = members[turn % members.length];
      if (member === undefined) break;
      const count = 1 + turn % 4;
      await this.#settle(member, {
        method: "readOwnPending",
        args: [member, { ...ALL, countDelivery: false }],
      });
      await this.#settle(member, { method: "readNew", args: [member, count] });
      const isSure = model.ids(({ idleMs }) => idleMs === null).length === 0;
      if (!isSure || (order === "key" && turn < TURNS_MAX / 2)) continue;
      await this.#settle(member, {
        method: "claim",
        args: [member, { ...ALL, idleMsMin: LEASE_MS }],
      });
    }
    // Of a group that was set back, what is finished may not have been read again.
    const highest = [...model.settled].filter((id) => !isAbove(id, model.lastDelivered))
      .sort(compareEntryIds).at(-1) ?? ENTRY_ID_ZERO;
    const { position } = model;
    assertLaw(!isAbove(highest, position), "the checkpoint reaches the end", { highest, position });
  }

  /** Reads, and finishes what was read. */
  async #settle(member: Membership, operation: Operation): Promise<void> {
    const answer = await this.#say(operation);
    const { entries, lost } = Object(answer);
    const isLeftToUs = operation.method === "readOwnPending";
    const gone = new Set<EntryId>(isLeftToUs ? lost : []);
    const ids: EntryId[] = Array.isArray(entries) ? entries.map(({ id }) => id) : [];
    await this.#commit(member, [...ids, ...gone].sort(compareEntryIds), gone);
  }

  async #commit(
    member: Membership,
    ids: readonly EntryId[],
    gone: ReadonlySet<EntryId>,
  ): Promise<void> {
    if (ids.length === 0) return;
    const [stream = ""] = this.#world.outputNames;
    const settlements = ids.map((id) =>
      gone.has(id)
        ? { kind: "lost" as const, id }
        : { kind: "handled" as const, id, outputs: [{ stream, fields: ["end", id] }], work: [] }
    );
    const token = this.#world.nextToken();
    await this.#say({ method: "commit", args: [member, { token, settlements, withDone: true }] });
  }

  /** Streams hold what was appended to them, and outputs are there once. */
  async #lookAtStreams(): Promise<void> {
    const { streamNames, outputNames } = this.#world;
    for (const stream of streamNames) {
      const model = this.#world.streamOf(stream);
      const entries = await this.#ask({ method: "range", args: [stream, { count: 10_000 }] });
      const wanted = Array.from(model.entries, ([id, fields]) => ({ id, fields }));
      assertLaw(equal(entries, plain(wanted)), "a stream keeps its entries", { entries, wanted });
      await this.#ask({ method: "streamInfo", args: [stream] });
      await this.#ask({ method: "listConsumers", args: [stream, "key"] });
      await this.#ask({ method: "listConsumers", args: [stream, "none"] });
    }
    for (const stream of outputNames) {
      const entries = await this.#ask({ method: "range", args: [stream, { count: 10_000 }] });
      const fields = Array.isArray(entries) ? entries.map((each) => each.fields) : [];
      const wanted = this.#world.outputs.get(stream) ?? [];
      assertLaw(equal(fields, wanted), "outputs appear exactly once", { fields, wanted });
    }
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function spelled(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `bytes ${value.toHex()}` : value;
}
