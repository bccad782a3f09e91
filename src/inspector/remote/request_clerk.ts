/**
 * Does what others ask of this process, each request once: a request is taken by raising the version of its journal, which
 * the broker lets happen once, and not at all after the asker has withdrawn it. One after the other, a bounded number.
 *
 * @module
 */

import { JournalChangedError, JournalMissingError } from "../../domain/journal_errors.ts";
import type { JournalSnapshot } from "../../domain/journal.ts";
import type { Clock } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { Log } from "../../ports/log.ts";
import type { Random } from "../../ports/random.ts";
import { FrameReader } from "../frame_reader.ts";
import { CommandsOffError } from "../inspector_errors.ts";
import type { Recorder } from "../recorder.ts";
import type { CommandTarget, InspectorCommand } from "../source.ts";
import { REQUEST_EXPIRE_MS, requestOf } from "./inspection_journals.ts";
import { entriesOf } from "./parts.ts";
import {
  decodeRequest,
  encodeOutcome,
  failedOutcome,
  type RemoteOutcome,
  type RemoteRequest,
} from "./request_record.ts";
import { retried, waited } from "./retrying.ts";

/** What requests are served with. */
export interface ClerkOptions {
  /** Where they are. */
  readonly broker: JournalStore;
  /** This process. */
  readonly instance: string;
  /** What is recorded. */
  readonly recorder: Recorder;
  /** Does what a command says; `null`: commands are not taken. */
  readonly command:
    | ((command: InspectorCommand, target: CommandTarget) => void | Promise<void>)
    | null;
  /** Time. */
  readonly clock: Clock;
  /** Chance. */
  readonly random: Random;
  /** Where it is said. */
  readonly log: Log;
}

/** More than people ask at once; whoever floods is not answered. */
const WAITING_MAX = 32;

/** A recording is given in slices of so many frames, between which the process does its work. */
const SLICE_FRAMES = 250;

/** The breath between two slices, in ms. */
const BREATH_MS = 1;

/** So much of a recording is given, in bytes by the recorder's estimate; of more, the newest part. */
const RECORDING_BYTES_MAX = 8_388_608;

/** Serves requests. */
export class RequestClerk implements AsyncDisposable {
  readonly #options: ClerkOptions;
  readonly #closing = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #waitingCount = 0;

  /** @param options What to serve with. */
  constructor(options: ClerkOptions) {
    this.#options = options;
  }

  /** There is a request. Never throws. */
  serve(id: string): void {
    const { log } = this.#options;
    if (this.#waitingCount >= WAITING_MAX || this.#closing.signal.aborted) return;
    this.#waitingCount++;
    const failed = (error: unknown) => {
      const name = error instanceof Error ? error.name : typeof error;
      log.log("debug", "a request of an inspector cannot be answered", { error: name });
    };
    this.#work = this.#work.then(() => this.#serve(id)).catch(failed).finally(() => {
      this.#waitingCount--;
    });
  }

  /** Serves no more. @returns When what runs is done. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  async #serve(id: string): Promise<void> {
    if (this.#closing.signal.aborted) return;
    const { broker } = this.#options;
    const journal = requestOf(id);
    const snapshot = await this.#retried(() => broker.loadJournal(journal));
    if (snapshot === null || snapshot.version !== 1) return;
    const request = decodeRequest(snapshot.state);
    if (request === null || !await this.#take(snapshot)) return;
    const outcome = await this.#outcome(request, snapshot);
    await this.#change(snapshot, { state: encodeOutcome(outcome) });
  }

  /** @returns Whether it is this process's to do. */
  async #take(snapshot: JournalSnapshot): Promise<boolean> {
    try {
      const state = encodeOutcome({ outcome: "taken" });
      await this.#change(snapshot, { state, ifVersion: 1, expireMs: REQUEST_EXPIRE_MS });
      return true;
    } catch (error) {
      if (error instanceof JournalChangedError || error instanceof JournalMissingError) {
        return false;
      }
      throw error;
    }
  }

  async #outcome(request: RemoteRequest, snapshot: JournalSnapshot): Promise<RemoteOutcome> {
    const { instance, command, log } = this.#options;
    try {
      if (request.want === "recording") await this.#giveRecording(snapshot);
      else if (command === null) throw new CommandsOffError(instance);
      else {
        log.log("info", "an inspector of another process commands", { command: request.command });
        await command(request.command, request.target);
      }
      return { outcome: "done" };
    } catch (error) {
      return failedOutcome(error);
    }
  }

  async #giveRecording(snapshot: JournalSnapshot): Promise<void> {
    const { recorder, clock } = this.#options;
    const { signal } = this.#closing;
    const share = Math.min(1, RECORDING_BYTES_MAX / Math.max(1, recorder.bytes));
    const back = Math.floor((recorder.lastSeq - recorder.firstSeq + 1) * share);
    const until = recorder.lastSeq;
    const reader = new FrameReader(recorder, { back, framesMax: SLICE_FRAMES });
    do {
      const text = JSON.stringify(reader.read());
      for (const fields of entriesOf({ kind: "messages", text })) {
        await this.#change(snapshot, { entries: [{ fields }] });
      }
      await waited(BREATH_MS, { clock, signal });
    } while (reader.position < until && !signal.aborted);
  }

  async #change(
    { journal, incarnation }: JournalSnapshot,
    change: Parameters<JournalStore["changeJournal"]>[1],
  ): Promise<void> {
    const { broker, random } = this.#options;
    const whole = { ...change, ifIncarnation: incarnation, token: random.uniqueText() };
    await this.#retried(() => broker.changeJournal(journal, whole));
  }

  /** No longer than the request counts, so that an outage does not pile up work. */
  async #retried<Result>(call: () => Promise<Result>): Promise<Result> {
    const { clock, random } = this.#options;
    const late = new AbortController();
    const timer = clock.after(REQUEST_EXPIRE_MS, () => late.abort());
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    try {
      return await retried(call, { clock, random, signal });
    } finally {
      timer.cancel();
    }
  }
}
