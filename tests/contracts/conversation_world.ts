/**
 * What a conversation has learned: its streams, groups and joins, and what every answer must have been by that.
 *
 * @module
 */

import { equal } from "@std/assert";
import { compareEntryIds, ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { CommitRequest, EstablishPlan, Membership } from "../../src/ports/consumer_store.ts";
import { GroupModel, type HandedOut, isAbove } from "./conversation_group.ts";
import { assertLaw } from "./conversation_law.ts";
import { StreamModel } from "./conversation_stream.ts";
import { type Operation, OUTPUT_PREFIX } from "./differential_operation.ts";

/** A group of a stream. */
export interface Place {
  readonly stream: string;
  readonly group: string;
}

type CommitCall = Extract<Operation, { readonly method: "commit" }>;
/** Calls that are refused to all but the living join of a name. */
const FENCED: ReadonlySet<string> = new Set([
  ...["readOwnPending", "claim", "renew", "release", "recordFailure", "commit"],
]);

/** The world of one conversation. */
export class ConversationWorld {
  readonly streamNames: readonly string[];
  readonly outputNames: readonly string[];
  /** The time of the first id of each stream. */
  readonly baseMs: bigint;
  /** All joins, the newest last. */
  readonly members: Membership[] = [];
  readonly commits: CommitCall[] = [];
  /** What must be in the output streams: the fields, in order. */
  readonly outputs = new Map<string, unknown[]>();
  readonly #name: string;
  readonly #streams = new Map<string, StreamModel>();
  readonly #groups = new Map<string, GroupModel>();
  readonly #idempotent = new Map<string, EntryId>();
  readonly #epochs = new Map<string, number>();
  /** The last commit of each name: its token and its verdicts. */
  readonly #landed = new Map<string, { readonly token: string; readonly verdicts: unknown }>();
  #tickets = 0;
  #tokens = 0;

  constructor(name: string, baseMs: bigint) {
    this.#name = name;
    this.baseMs = baseMs;
    this.streamNames = [`s${name}`, `{s${name}}`];
    this.outputNames = [`${OUTPUT_PREFIX}${name}-a`, `${OUTPUT_PREFIX}${name}-b`];
    for (const stream of this.streamNames) {
      const model = new StreamModel();
      this.#streams.set(stream, model);
      for (const order of ["none", "key"] as const) {
        this.#groups.set(`${stream} ${order}`, new GroupModel(model, order));
      }
    }
  }

  nextTicket(): string {
    return `${this.#name}-${++this.#tickets}`;
  }

  nextToken(): string {
    return `token-${++this.#tokens}`;
  }

  streamOf(stream: string): StreamModel {
    const model = this.#streams.get(stream);
    if (model === undefined) throw new Error(`There is no stream ${stream}`);
    return model;
  }

  groupOf({ stream, group }: Place): GroupModel {
    const model = this.#groups.get(`${stream} ${group}`);
    if (model === undefined) throw new Error(`There is no group ${group}`);
    return model;
  }

  /** All places. */
  places(): Place[] {
    return this.streamNames.flatMap((stream) =>
      ["none", "key"].map((group) => ({ stream, group }))
    );
  }

  /** Which place a call may have changed, `null` for none or all of a stream. */
  placeOf({ args: [first, second] }: Operation): Place | null {
    if (typeof first === "object") return { stream: first.stream, group: first.group };
    return typeof second === "string" && this.#groups.has(`${first} ${second}`)
      ? { stream: first ?? "", group: second }
      : null;
  }

  /** Time passes. */
  age(byMs: number): void {
    for (const group of this.#groups.values()) {
      for (const held of group.pending.values()) if (held.idleMs !== null) held.idleMs += byMs;
    }
  }

  /** Learns from an answer. @throws When it breaks a law. */
  learn(operation: Operation, answer: unknown): void {
    const facts: Readonly<Record<string, unknown>> = Object(answer);
    const isRefused = typeof answer === "object" && answer !== null && "error" in answer;
    if (FENCED.has(operation.method) && typeof operation.args[0] === "object") {
      const { stream, group, consumer, ticket } = operation.args[0];
      const isLiving = this.groupOf({ stream, group }).isLiving(consumer, ticket);
      assertLaw(isRefused !== isLiving, "exactly the living join is answered", {
        isLiving,
        answer,
      });
    }
    if (isRefused || answer === "has not joined") return;
    switch (operation.method) {
      case "append": {
        const [stream, entries] = operation.args;
        return this.#appended(stream, entries, Object(answer));
      }
      case "createStream":
        this.streamOf(operation.args[0]).exists = true;
        return;
      case "deleteStream": {
        const [stream, { lastId } = {}] = operation.args;
        const { exists, lastId: last } = this.streamOf(stream);
        const isMeant = lastId === undefined || lastId === last;
        assertLaw(answer === (exists && isMeant), "what is meant is deleted", { answer, exists });
        return exists && !isMeant ? undefined : this.#deleteStream(stream);
      }
      case "trim": {
        const count = this.streamOf(operation.args[0]).trim(operation.args[1]);
        return assertLaw(answer === count, "a trim removes what it says", { answer, count });
      }
      case "deleteEntries": {
        const { entries } = this.streamOf(operation.args[0]);
        const count = [...new Set(operation.args[1])].filter((id) => entries.delete(id)).length;
        return assertLaw(answer === count, "what was there is deleted", { answer, count });
      }
      case "createGroup": {
        const [stream, group, start] = operation.args;
        if (answer !== true) return;
        this.streamOf(stream).exists = true;
        return this.groupOf({ stream, group }).create(this.#startOf(stream, start));
      }
      case "deleteGroup": {
        const [stream, group] = operation.args;
        return this.#forgetGroup({ stream, group });
      }
      case "resetGroup": {
        const [stream, group, start] = operation.args;
        const position = this.#startOf(stream, start);
        assertLaw(facts.position === position, "a reset goes where it is told", {
          position,
          facts,
        });
        this.#forgetCommits({ stream, group });
        return this.groupOf({ stream, group }).reset(position);
      }
      case "deleteConsumer": {
        const [stream, group, consumer] = operation.args;
        const place = this.groupOf({ stream, group });
        const none = place.ids(({ owner }) => owner === consumer);
        assertLaw(none.length === 0, "nobody is forgotten who has something", { none });
        place.tickets.delete(consumer);
        this.#landed.delete(`${stream} ${group} ${consumer}`);
        this.#epochs.delete(`${stream} ${group} ${consumer}`);
        return;
      }
      case "join": {
        const [joiner] = operation.args;
        const name = nameOf(joiner);
        const epoch = (this.#epochs.get(name) ?? 0) + 1;
        const told = Reflect.get(Object(facts.membership), "epoch");
        assertLaw(told === epoch, "joins are counted", { told, epoch });
        this.#epochs.set(name, epoch);
        this.members.push({ ...joiner, epoch });
        return this.groupOf(joiner).join(joiner.consumer, joiner.ticket);
      }
      case "establish":
        return this.#establish(...operation.args);
      case "commit":
        return this.#commit(operation, facts);
      case "listQuarantined": {
        const [stream, group] = operation.args;
        const { quarantinedCount } = this.groupOf({ stream, group });
        const told = Array.isArray(answer) ? answer.length : -1;
        return assertLaw(told === quarantinedCount, "no checkpoint is lost", {
          told,
          quarantinedCount,
        });
      }
      case "readOwnPending":
      case "readNew":
      case "claim":
      case "release":
      case "renew":
        return this.#consume(operation, answer);
      default:
        return;
    }
  }

  #consume(
    operation: Extract<
      Operation,
      { readonly method: "readOwnPending" | "readNew" | "claim" | "release" | "renew" }
    >,
    answer: unknown,
  ): void {
    const [member] = operation.args;
    const group = this.groupOf(member);
    const { consumer } = member;
    if (operation.method === "release") {
      const count = group.release(consumer, operation.args[1]);
      return assertLaw(answer === count, "what is handed back is counted", { answer, count });
    }
    if (operation.method === "renew") {
      const fenced = group.renew(consumer, operation.args[1]);
      return assertLaw(equal(answer, { fenced }), "exactly others' are fenced", { answer, fenced });
    }
    const handedOut: HandedOut = Object(answer);
    for (const { id, ...entry } of handedOut.entries) {
      const fields = JSON.parse(JSON.stringify(group.stream.entries.get(id) ?? null));
      const told = Reflect.get(entry, "fields");
      assertLaw(equal(told, fields), "what was appended is handed out", { id, told, fields });
    }
    if (operation.method === "readNew") group.readNew(consumer, operation.args[1], handedOut);
    else if (operation.method === "claim") group.claim(consumer, operation.args[1], handedOut);
    else group.readOwn(consumer, operation.args[1], handedOut);
  }

  #appended(
    stream: string,
    entries: Extract<Operation, { readonly method: "append" }>["args"][1],
    answer: readonly { readonly id: EntryId; readonly duplicate: boolean }[],
  ): void {
    const model = this.streamOf(stream);
    for (const [index, { id, fields, idempotencyKey }] of entries.entries()) {
      const result = answer[index];
      const key = `${stream} ${idempotencyKey}`;
      const known = idempotencyKey === undefined ? undefined : this.#idempotent.get(key);
      assertLaw(result !== undefined, "each append is answered", { index });
      const isRight = known === undefined
        ? !result.duplicate && isAbove(result.id, model.lastId) && (id ?? result.id) === result.id
        : result.duplicate && result.id === known;
      assertLaw(isRight, "an append is done once, behind all others", { result, known, id });
      if (known !== undefined) continue;
      model.append(result.id, fields);
      if (idempotencyKey !== undefined) this.#idempotent.set(key, result.id);
    }
  }

  #deleteStream(stream: string): void {
    this.streamOf(stream).delete();
    for (const key of this.#idempotent.keys()) {
      if (key.startsWith(`${stream} `)) this.#idempotent.delete(key);
    }
    for (const group of ["none", "key"]) this.#forgetGroup({ stream, group });
  }

  #forgetGroup(place: Place): void {
    this.groupOf(place).delete();
    this.#forgetCommits(place);
    const prefix = `${place.stream} ${place.group} `;
    for (const name of this.#epochs.keys()) if (name.startsWith(prefix)) this.#epochs.delete(name);
  }

  #forgetCommits({ stream, group }: Place): void {
    for (const name of this.#landed.keys()) {
      if (name.startsWith(`${stream} ${group} `)) this.#landed.delete(name);
    }
  }

  #startOf(
    stream: string,
    start: Extract<Operation, { readonly method: "createGroup" }>["args"][2],
  ): EntryId {
    const { lastId } = this.streamOf(stream);
    if (start === "beginning") return ENTRY_ID_ZERO;
    if (start === "end") return lastId;
    if ("afterId" in start) return start.afterId;
    if (start.fromTimeMs === 0) return ENTRY_ID_ZERO;
    const before: EntryId = `${BigInt(start.fromTimeMs) - 1n}-${2n ** 64n - 1n}`;
    return isAbove(before, lastId) ? lastId : before;
  }

  #establish(member: Membership, plan: EstablishPlan): void {
    const group = this.groupOf(member);
    const isCurrent = group.tickets.get(member.consumer) === member.ticket;
    assertLaw(isCurrent, "only the living join establishes", { member });
    group.stream.exists = true;
    const hadGroup = group.exists;
    const isReset = typeof plan.group === "object" && "reset" in plan.group;
    let made: EntryId | null = null;
    if (typeof plan.group === "object") {
      if ("create" in plan.group) {
        if (!hadGroup) made = plan.group.create;
      } else if ("advance" in plan.group) {
        if (isAbove(plan.group.advance, group.lastDelivered)) {
          group.lastDelivered = plan.group.advance;
        }
      } else if (hadGroup) {
        group.move(plan.group.reset);
      } else {
        made = plan.group.reset;
      }
    }
    if (made !== null) group.create(made);
    if (plan.quarantine) {
      if (group.hasCheckpoint) group.quarantinedCount++;
      group.forgetCheckpoint();
    }
    const wanted = plan.checkpoint === "ofNewGroup"
      ? made === null ? "keep" : { position: made, done: [] }
      : plan.checkpoint;
    if (wanted === "keep") return;
    if (isReset || !group.hasCheckpoint) group.forgetCheckpoint();
    else if (isAbove(group.position, wanted.position)) return;
    group.hasCheckpoint = true;
    group.position = wanted.position;
    for (const id of wanted.done) group.done.add(id);
    group.trimDone();
  }

  #commit(operation: CommitCall, facts: Readonly<Record<string, unknown>>): void {
    const [member, request] = operation.args;
    const group = this.groupOf(member);
    const name = nameOf(member);
    const landed = this.#landed.get(name);
    const { token } = request;
    const isAgain = landed !== undefined && landed.token === token;
    assertLaw((facts.kind === "already") === isAgain, "a token lands once", { facts });
    const verdicts = isAgain ? landed.verdicts : group.commit(member.consumer, request.settlements);
    assertLaw(equal(facts.verdicts, verdicts), "verdicts are just", {
      told: facts.verdicts,
      verdicts,
    });
    if (!isAgain) {
      if (token !== null) this.#landed.set(name, { token, verdicts });
      this.commits.push(operation);
      this.#expectOutputs(request, facts.verdicts);
    }
    const { position, done }: { position?: unknown; done?: unknown } = Object(facts.checkpoint);
    const wanted = request.withDone ? [...group.done].sort(compareEntryIds) : [];
    assertLaw(
      position === group.position && equal(done, wanted) && facts.doneCount === group.done.size,
      "the checkpoint tells what is finished",
      { position, wantedPosition: group.position, done, wanted, doneCount: facts.doneCount },
    );
  }

  #expectOutputs({ settlements }: CommitRequest, verdicts: unknown): void {
    for (const [index, settlement] of settlements.entries()) {
      if (!Array.isArray(verdicts) || verdicts[index] !== "committed") continue;
      const outputs = settlement.kind === "handled"
        ? settlement.outputs
        : settlement.kind === "deadLettered"
        ? [settlement.letter]
        : [];
      for (const { stream, fields } of outputs) {
        this.outputs.set(stream, [...this.outputs.get(stream) ?? [], fields]);
      }
    }
  }
}

function nameOf(
  { stream, group, consumer }: Pick<Membership, "stream" | "group" | "consumer">,
): string {
  return `${stream} ${group} ${consumer}`;
}
