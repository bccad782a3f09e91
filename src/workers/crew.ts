/**
 * The workers of one consumer. It grows by one when work is ready and no worker is free, up to `workersMax`, and sends
 * those home that were of no use for a while, down to `workersMin`. A worker whose thread broke is replaced by its own
 * doing; until then the crew does without it.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";
import type { ActorHost } from "./actor_host.ts";
import { CrewMember, type MemberState } from "./crew_member.ts";
import { RollCall } from "./roll_call.ts";
import type { WorkerFactory } from "./worker.ts";

/**
 * How often the crew looks who was of no use since the last look, in ms. A pause between two batches is shorter, so that
 * nobody is hired and dismissed all the time; and a thread that is not needed holds its memory for ten seconds at most.
 */
const LOOK_MS = 5_000;

/** How a crew works. */
export interface CrewOptions {
  /** How many workers there are at least; at least 1. */
  readonly workersMin: number;
  /** How many workers there are at most. */
  readonly workersMax: number;
  /** Makes them. */
  readonly workers: WorkerFactory;
  /** The parent of their actors. */
  readonly host: ActorHost;
  /** Time. */
  readonly clock: Clock;
  /** Told when a worker became free, or may be hired, other than by the end of an attempt. */
  readonly onFree: () => void;
  /** Told when a worker broke: its name, and the reason in words. */
  readonly onBroken: (name: string, reason: string) => void;
}

/** How many workers there are. */
export interface CrewCount {
  /** All of them. */
  readonly total: number;
  /** Those that wait for an entry. */
  readonly free: number;
  /** Those that are broken and being replaced. */
  readonly broken: number;
}

/** The workers of one consumer. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Map<string, CrewMember>();
  /** The one that was of use last is on top, so that those below become too many. */
  readonly #free: CrewMember[] = [];
  readonly #rollCall: RollCall;
  readonly #leaving = new Set<Promise<void>>();
  #starting = 0;
  #broken = 0;
  #timer: Timer | null = null;

  /** @param options How it works. Its first workers are hired at once. */
  constructor(options: CrewOptions) {
    this.#options = options;
    this.#rollCall = new RollCall(options.clock, () => this.#members.values());
    while (this.#members.size < options.workersMin) this.#hire();
  }

  /** How many workers there are. */
  get count(): CrewCount {
    return { total: this.#members.size, free: this.#free.length, broken: this.#broken };
  }

  /** How many workers could be at work: all that may be hired, but for the broken ones. */
  get capacity(): number {
    return this.#options.workersMax - this.#broken;
  }

  /** Work is ready: finds it a free worker, and hires one where there is none. @returns whether one is free now. */
  provide(): boolean {
    if (this.#free.length > 0) return true;
    const mayHire = this.#members.size < this.#options.workersMax;
    // One at a time: by the time that a thread is up the work may be done.
    if (mayHire && this.#starting === 0) this.#hire();
    return this.#free.length > 0;
  }

  /** A free worker, `null` for none. */
  get first(): CrewMember | null {
    return this.#free.at(-1) ?? null;
  }

  /** A worker that was free runs an attempt that lasts. It comes back by `release`. */
  keepBusy(member: CrewMember): void {
    if (member.state !== "free") return; // it broke at once, or its handler stopped the consumer
    this.#unfree(member);
    member.state = "busy";
  }

  /** The attempt of a worker has ended: it is free again, unless it broke or its thread has not let go of it yet. */
  release(member: CrewMember): void {
    member.end();
    if (member.state !== "busy") return;
    if (member.isReady) {
      this.#setFree(member);
      if (member.isToldOfWork) this.#rollCall.changed();
    } else {
      member.state = "stopping"; // not as good as free: a handler may not stop, so others may be hired meanwhile
      member.tellOfStart(this.#options.clock.nowMs());
    }
  }

  /** A turn is over, and handlers still run. */
  turnEnded(): void {
    this.#rollCall.changed();
  }

  /** No handler runs, and nothing is ready. */
  atRest(): void {
    this.#rollCall.atRest();
  }

  /**
   * Sends everybody home; attempts under way are told. Idempotent. No work is provided for after that.
   *
   * @returns When nothing of the workers is left, those included that were sent home before.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel();
    this.#rollCall.close();
    for (const member of [...this.#members.values()]) this.#dismiss(member);
    await Promise.all(this.#leaving);
  }

  #hire(): void {
    const { workers, host, clock } = this.#options;
    const atMs = clock.nowMs();
    const member = new CrewMember(this.#unusedName(), {
      host,
      atMs,
      makeWorker: (self) =>
        workers({
          onFree: () => this.#becameFree(self),
          onBroken: (reason) => this.#broke(self, reason),
        }),
    });
    this.#members.set(member.name, member);
    if (member.isReady) {
      this.#setFree(member);
    } else {
      this.#move(member, "starting");
      member.tellOfStart(atMs);
    }
    this.#lookLater();
  }

  /** The lowest number that no living worker has, so that who looks on sees the same few names. */
  #unusedName(): string {
    let number = 1;
    while (this.#members.has(`worker-${number}`)) number++;
    return `worker-${number}`;
  }

  #becameFree(member: CrewMember): void {
    if (!["broken", "starting", "stopping"].includes(member.state)) return;
    member.tellOfReadiness(this.#options.clock.nowMs());
    if (member.slot === null) {
      this.#move(member, "free");
      this.#free.push(member);
    } else {
      this.#move(member, "busy"); // what became of the attempt that broke it is about to be told
    }
    this.#options.onFree();
  }

  #broke(member: CrewMember, reason: string): void {
    if (member.state === "gone") return;
    if (member.state === "free") this.#unfree(member);
    this.#move(member, "broken");
    member.tellOfLoss(reason, this.#options.clock.nowMs());
    this.#options.onBroken(member.name, reason);
  }

  #setFree(member: CrewMember): void {
    member.state = "free";
    this.#free.push(member);
  }

  #unfree(member: CrewMember): void {
    if (this.first === member) this.#free.pop();
    else this.#free.splice(this.#free.indexOf(member), 1);
  }

  #move(member: CrewMember, state: MemberState): void {
    if (member.state === "starting") this.#starting--;
    if (member.state === "broken") this.#broken--;
    member.state = state;
    if (state === "starting") this.#starting++;
    if (state === "broken") this.#broken++;
  }

  #lookLater(): void {
    const { clock, workersMin } = this.#options;
    if (this.#timer !== null || this.#members.size <= workersMin) return;
    this.#timer = clock.after(LOOK_MS, () => {
      this.#timer = null;
      this.#look();
      this.#lookLater();
    });
  }

  /** Dismisses who was of no use since the last look: broken ones first, then who has waited longest. */
  #look(): void {
    const capacity = this.capacity;
    const broken = [...this.#members.values()].filter(({ state }) => state === "broken");
    for (const member of [...broken, ...this.#free]) {
      if (this.#members.size > this.#options.workersMin && !member.wasUsed) this.#dismiss(member);
    }
    for (const member of this.#members.values()) {
      member.wasUsed = member.state !== "free" && member.state !== "broken";
    }
    if (this.capacity > capacity) this.#options.onFree();
  }

  #dismiss(member: CrewMember): void {
    if (member.state === "free") this.#unfree(member);
    this.#move(member, "gone");
    this.#members.delete(member.name);
    const left: Promise<void> = member.dismiss(this.#options.clock.nowMs())
      .catch(() => {}) // what cannot be ended ends with the process
      .finally(() => this.#leaving.delete(left));
    this.#leaving.add(left);
  }
}
