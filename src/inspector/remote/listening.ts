/**
 * Being all ears for one process elsewhere: says every few seconds that somebody follows it, keeps a tape of what it
 * tells, and knows whether it still answers. There is one for each process however many look at it here.
 *
 * @module
 */

import { z } from "zod";
import { JournalMissingError } from "../../domain/journal_errors.ts";
import type { JournalNews } from "../../ports/journal_watch.ts";
import type { InstanceStore } from "../../ports/instance_store.ts";
import type { Log } from "../../ports/log.ts";
import type { Timer } from "../../ports/clock.ts";
import { FORMAT, FORMAT_VERSION } from "../format.ts";
import { messageSchema } from "../session_schema.ts";
import type { InstanceStatus } from "../source.ts";
import type { AskingContext } from "./asking.ts";
import { decodeDesk, encodeCall, type Lack } from "./desk_record.ts";
import {
  DESK_LENGTH_MAX,
  deskOf,
  FOLLOW_RENEW_MS,
  TELLING_EXPIRE_MS,
  tellingOf,
} from "./inspection_journals.ts";
import { PartJoiner, type WholeText } from "./parts.ts";
import { decodeStatus, statusNow, type StatusRecord } from "./status_record.ts";
import { Tape } from "./tape.ts";

/** What is needed to listen. */
export interface ListeningOptions extends AskingContext {
  /** Who is there. */
  readonly broker: AskingContext["broker"] & InstanceStore;
  /** Which life of the process. */
  readonly life: string;
  /** Where it is said. */
  readonly log: Log;
}

/** A process that said nothing for so long does not answer, in ms: it gives a sign of life every three seconds. */
const SILENCE_MS_MAX = 10_000;

/** How soon what did not work is tried again, in ms. */
const AGAIN_MS = 500;

/** How soon after one request for the present the next one is made, in ms: answering one is work. */
const PRESENT_MS = 500;

const messagesSchema = z.array(messageSchema);

/** Listens to one process. */
export class Listening implements Disposable {
  /** What it tells. */
  readonly tape: Tape;
  readonly #options: ListeningOptions;
  readonly #joiner = new PartJoiner();
  readonly #listeners = new Set<() => void>();
  #status: StatusRecord | null = null;
  #statusAtMs = 0;
  #heardAtMs: number;
  #presentAtMs = 0;
  #isWatching = false;
  #isTurning = false;
  #dueAtMs = Infinity;
  #hasEnded = false;
  #isClosed = false;
  #timer: Timer | null = null;

  /** Begins at once. */
  constructor(options: ListeningOptions) {
    this.#options = options;
    const { instance, clock } = options;
    this.tape = new Tape({
      type: "header",
      format: FORMAT,
      version: FORMAT_VERSION,
      instance,
      startedAtMs: 0,
    });
    this.#heardAtMs = clock.nowMs();
    this.#turnIn(0);
  }

  /** Whether the process has ended, or lives another life. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether it has said nothing for too long. */
  get isSilent(): boolean {
    const nowMs = this.#options.clock.nowMs();
    // The wall clock may be set back, and silence begins anew then.
    this.#heardAtMs = Math.min(this.#heardAtMs, nowMs);
    return nowMs - this.#heardAtMs > SILENCE_MS_MAX;
  }

  /** How it is now, `null` while that is not known. */
  status(): InstanceStatus | null {
    if (this.#status === null || this.isSilent || this.#hasEnded) return null;
    const { instance, clock } = this.#options;
    return statusNow(this.#status, {
      instance,
      elapsedMs: Math.max(0, clock.nowMs() - this.#statusAtMs),
    });
  }

  /** Calls back whenever there is something new; must not throw. @returns Ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Listens no more. The process hears of it by silence. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#options.watch.remove(this.#telling);
    this.#change();
  }

  get #telling() {
    return tellingOf(this.#options.life);
  }

  /** The next turn comes then, or earlier; one at a time. */
  #turnIn(delayMs: number): void {
    const { clock, log } = this.#options;
    const atMs = clock.nowMs() + delayMs;
    if (this.#isClosed || this.#hasEnded || this.#dueAtMs <= atMs) return;
    this.#dueAtMs = atMs;
    if (this.#isTurning) return;
    this.#timer?.cancel();
    this.#timer = clock.after(delayMs, () => {
      this.#isTurning = true;
      this.#dueAtMs = Infinity;
      const failed = (error: unknown) => {
        const name = error instanceof Error ? error.name : typeof error;
        log.log("debug", "a process cannot be followed for now", { error: name });
        return AGAIN_MS;
      };
      this.#turn().catch(failed).then((nextMs) => {
        this.#isTurning = false;
        const soonerMs = Math.max(0, this.#dueAtMs - clock.nowMs());
        this.#dueAtMs = Infinity;
        this.#turnIn(Math.min(nextMs, soonerMs));
      });
    });
  }

  /** @returns When the next one is due. */
  async #turn(): Promise<number> {
    await this.#join();
    if (this.isSilent) await this.#lookForEnd();
    if (this.#hasEnded || this.#isClosed) return FOLLOW_RENEW_MS;
    const { broker, instance, clock, life } = this.#options;
    const lacks = this.#lackNow(clock.nowMs());
    try {
      const { snapshot } = await broker.changeJournal(deskOf(instance), {
        entries: [{ fields: encodeCall({ kind: "follow", lacks }) }],
        lengthMax: DESK_LENGTH_MAX,
      });
      const desk = decodeDesk(snapshot.state);
      if (desk !== null && desk.life !== life) this.#end();
    } catch (error) {
      if (!(error instanceof JournalMissingError)) throw error;
      await this.#lookForEnd();
      return AGAIN_MS;
    }
    return this.tape.needsSnapshot ? AGAIN_MS : FOLLOW_RENEW_MS;
  }

  #lackNow(nowMs: number): Lack {
    const sinceMs = nowMs - this.#presentAtMs;
    if (!this.tape.needsSnapshot || (sinceMs >= 0 && sinceMs < PRESENT_MS)) return "nothing";
    this.#presentAtMs = nowMs;
    return this.tape.header.startedAtMs === 0 ? "history" : "present";
  }

  /** The position comes before the request for the present, so that this is heard. */
  async #join(): Promise<void> {
    if (this.#isWatching) return;
    const { broker, watch } = this.#options;
    const options = { state: "{}", expireMs: TELLING_EXPIRE_MS };
    const { snapshot } = await broker.createJournal(this.#telling, options);
    if (this.#isClosed) return;
    this.#isWatching = true;
    this.#presentAtMs = 0;
    this.tape.tear();
    watch.add(this.#telling, { afterId: snapshot.lastId, watcher: (news) => this.#hear(news) });
  }

  /** Who is gone is announced no more. One that is announced may be busy, or cut off. */
  async #lookForEnd(): Promise<void> {
    const { broker, instance } = this.#options;
    const announced = await broker.listInstances();
    if (!announced.some((each) => each.instance === instance)) this.#end();
  }

  #hear({ gap, entries, snapshot }: Omit<JournalNews, "journal">): void {
    if (this.#isClosed) return;
    if (gap !== null) this.#tear();
    for (const { fields } of entries) {
      const whole = this.#joiner.take(fields);
      if (whole !== null) this.#take(whole);
    }
    if (snapshot === null) {
      this.#isWatching = false;
      this.#tear();
    }
    if (snapshot === null || this.tape.needsSnapshot) this.#turnSoon();
    this.#change();
  }

  /** Joining goes at once; asking again goes by the time since the last one. */
  #turnSoon(): void {
    const { clock } = this.#options;
    const leftMs = this.#presentAtMs + PRESENT_MS - clock.nowMs();
    this.#turnIn(Math.min(PRESENT_MS, Math.max(0, leftMs)));
  }

  #take({ kind, text }: WholeText): void {
    const nowMs = this.#options.clock.nowMs();
    if (kind === "end") return this.#end();
    if (kind === "messages") {
      const messages = messagesSchema.safeParse(jsonOf(text)).data;
      if (messages === undefined) return;
      this.tape.take(messages, Math.ceil(text.length / Math.max(1, messages.length)));
    }
    if (kind === "status") {
      const status = decodeStatus(text);
      if (status === null) return;
      [this.#status, this.#statusAtMs] = [status, nowMs];
    }
    this.#heardAtMs = nowMs;
  }

  #tear(): void {
    this.#joiner.reset();
    this.tape.tear();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#change();
  }

  #change(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
