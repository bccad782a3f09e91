/**
 * A member of a crew: a worker with its name, what it does now, and the actor that shows it to whoever looks on.
 *
 * @module
 */

import type { ActorRefFrom } from "xstate";
import type { EntryId } from "../domain/entry_id.ts";
import type { HandlerAbortedError } from "../domain/event_errors.ts";
import type { ActorHost } from "./actor_host.ts";
import type { AttemptResult } from "./attempt.ts";
import type { Slot } from "./lane.ts";
import type { Worker } from "./worker.ts";
import { workerMachine } from "./worker_machine.ts";

/**
 * What a member is up to: it waits, runs an attempt, has its first thread started, waits until its thread has let go of
 * an attempt that was told to stop, is broken and being replaced, or was dismissed.
 */
export type MemberState = "free" | "busy" | "starting" | "stopping" | "broken" | "gone";

/** How a member comes to be. */
export interface HireOptions {
  /** Makes its worker. */
  readonly makeWorker: (member: CrewMember) => Worker;
  /** The parent of its actor. */
  readonly host: ActorHost;
  /** The time, in ms since 1970. */
  readonly atMs: number;
}

/** A worker with a name. */
export class CrewMember {
  /** What it is called; like no other living member. */
  readonly name: string;
  /** What it is up to; the crew says so. */
  state: MemberState = "free";
  /** The entry whose attempt it runs, `null` for none. */
  slot: Slot | null = null;
  /** Whether it was of use since the crew last looked who is too many. */
  wasUsed = true;
  readonly #host: ActorHost;
  readonly #actor: ActorRefFrom<typeof workerMachine>;
  readonly #worker: Worker;
  #attemptCount = 0;
  /** The work that the actor knows of. */
  #told: { readonly id: EntryId; readonly sinceMs: number } | null = null;

  /**
   * @param name What it is called.
   * @param options How it comes to be.
   */
  constructor(name: string, { makeWorker, host, atMs }: HireOptions) {
    this.name = name;
    this.#host = host;
    this.#actor = host.start(workerMachine, { id: name, input: { name, atMs } });
    this.#worker = makeWorker(this);
  }

  /** Whether its worker could run an attempt. */
  get isReady(): boolean {
    return this.#worker.isFree;
  }

  /** Whether its actor was told of work, be it done by now or not. */
  get isToldOfWork(): boolean {
    return this.#told !== null;
  }

  /** Runs an attempt. Never throws and never rejects; a plain result where the handler was synchronous. */
  run(slot: Slot): AttemptResult | Promise<AttemptResult> {
    this.slot = slot;
    this.wasUsed = true;
    return this.#worker.run(slot.delivery, slot.failures);
  }

  /** The attempt has ended. */
  end(): void {
    this.slot = null;
    this.#attemptCount++;
  }

  /** Tells the attempt under way to stop; its result comes at once. */
  abort(error: HandlerAbortedError): void {
    this.#worker.abort(error);
  }

  /** Tells its actor what it works on, or that it does no more, where the actor does not know. */
  tellOfWork(nowMs: number): void {
    const { slot } = this;
    const attemptCount = this.#attemptCount;
    if (slot === null) {
      if (this.#told === null) return;
      this.#told = null;
      this.#actor.send({ type: "handler.settled", atMs: nowMs, attemptCount });
    } else {
      const { sinceMs, delivery: { id } } = slot;
      if (this.#told?.id === id && this.#told.sinceMs === sinceMs) return;
      this.#told = { id, sinceMs };
      this.#actor.send({ type: "pool.assigned", id, atMs: sinceMs, attemptCount });
    }
  }

  /** Tells its actor that it has no thread to work with yet. */
  tellOfStart(nowMs: number): void {
    this.#told = null;
    this.#actor.send({ type: "thread.starting", atMs: nowMs });
  }

  /** Tells its actor that its thread broke. */
  tellOfLoss(reason: string, nowMs: number): void {
    this.#told = null;
    this.#actor.send({ type: "thread.lost", reason, atMs: nowMs });
  }

  /** Tells its actor that its thread is ready. */
  tellOfReadiness(nowMs: number): void {
    this.#actor.send({ type: "thread.ready", atMs: nowMs });
  }

  /** Ends it; the attempt under way is told. @returns when nothing of its worker is left. */
  async dismiss(nowMs: number): Promise<void> {
    const attemptCount = this.#attemptCount;
    this.#actor.send({ type: "pool.dismissed", atMs: nowMs, attemptCount });
    this.#host.end(this.name);
    await this.#worker[Symbol.asyncDispose]();
  }
}
