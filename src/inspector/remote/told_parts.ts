/**
 * What a process that is followed has to tell just now: the next messages of its recorder, its status where that has
 * changed, and a sign of life when there is nothing else.
 *
 * @module
 */

import type { EntryFields } from "../../domain/entry.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import type { Message } from "../format.ts";
import { FrameReader, type Recording } from "../frame_reader.ts";
import type { InstanceStatus } from "../source.ts";
import { type Lack, LACKS } from "./desk_record.ts";
import { BEAT_MS } from "./inspection_journals.ts";
import { entriesOf } from "./parts.ts";
import { encodeStatus, withoutTime } from "./status_record.ts";

/** How soon after one status the next one is looked at, in ms: a page shows no more. */
const STATUS_MS = 500;

/** So many frames of before are told to a new listener: making them takes some 10 ms, in which nothing else is done. */
const HISTORY_FRAMES = 1_000;

/** How soon after one listener was given what it lacked the next one is, in ms: whoever asks without end is not served so. */
const LACK_MS = 250;

/** What is told of. */
export interface ToldOptions {
  /** What is recorded. */
  readonly recorder: Recording;
  /** How the process is now. */
  readonly status: () => Promise<InstanceStatus>;
  /** Time. */
  readonly clock: Clock;
  /** Where it is said. */
  readonly log: Log;
}

/** Collects what is to be told. */
export class ToldParts {
  readonly #options: ToldOptions;
  #reader: FrameReader | null = null;
  /** What those lack who listen: the first one lacks all of it. */
  #lack: Lack = "history";
  #gaveAtMs = -Infinity;
  #status: string | null = null;
  #toldStatus = "";
  #isAsking = false;
  #askedAtMs = -Infinity;
  #toldAtMs = -Infinity;

  /** @param options What to tell of. */
  constructor(options: ToldOptions) {
    this.#options = options;
  }

  /** The next telling holds what a listener lacks; others know most of it. */
  needs(lack: Lack): void {
    if (LACKS.indexOf(lack) > LACKS.indexOf(this.#lack)) this.#lack = lack;
  }

  /** What was collected last did not arrive, and will not: listeners go on with the present, and count what they missed. */
  lost(): void {
    this.#reader = null;
    this.needs("present");
  }

  /** The entries to append now; empty when there is nothing to say. Never throws. */
  collect(): EntryFields[] {
    const { clock, log } = this.#options;
    const nowMs = clock.nowMs();
    this.#ask(nowMs);
    try {
      const isWanted = this.#lack !== "nothing" &&
        isOver(LACK_MS, { nowMs, fromMs: this.#gaveAtMs });
      const isNew = isWanted || this.#reader === null;
      if (isNew) this.#gaveAtMs = nowMs;
      const messages = this.#read(isNew);
      const entries = messages.length === 0
        ? []
        : entriesOf({ kind: "messages", text: JSON.stringify(messages) });
      const status = this.#statusToTell(isNew);
      if (status !== null) entries.push(...entriesOf({ kind: "status", text: status }));
      if (entries.length === 0 && isOver(BEAT_MS, { nowMs, fromMs: this.#toldAtMs })) {
        entries.push(...entriesOf({ kind: "beat", text: "" }));
      }
      if (entries.length > 0) this.#toldAtMs = nowMs;
      return entries;
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      log.log("debug", "what the inspector recorded cannot be told", { error: name });
      this.lost();
      return [];
    }
  }

  #read(isNew: boolean): Message[] {
    const messages = this.#reader?.read() ?? [];
    if (!isNew) return messages;
    // A new listener begins where the others are: nothing may lie between what they hear now and what it hears.
    for (let more = messages; more.length > 0;) {
      more = this.#reader?.read() ?? [];
      messages.push(...more);
    }
    const back = this.#lack === "history" ? HISTORY_FRAMES : 0;
    this.#reader = new FrameReader(this.#options.recorder, { back });
    this.#lack = "nothing";
    messages.push(...this.#reader.read());
    return messages;
  }

  #statusToTell(isNew: boolean): string | null {
    const status = this.#status;
    if (status === null) return null;
    const told = withoutTime(status);
    if (told === this.#toldStatus && !isNew) return null;
    this.#toldStatus = told;
    return status;
  }

  /** Its owner may take its time, and may fail; the frames do not wait for it. */
  #ask(nowMs: number): void {
    if (this.#isAsking || !isOver(STATUS_MS, { nowMs, fromMs: this.#askedAtMs })) return;
    this.#isAsking = true;
    this.#askedAtMs = nowMs;
    const ask = async () => {
      this.#status = encodeStatus(await this.#options.status());
    };
    const failed = (error: unknown) => {
      const name = error instanceof Error ? error.name : typeof error;
      this.#options.log.log("debug", "the status cannot be told", { error: name });
    };
    ask().catch(failed).finally(() => {
      this.#isAsking = false;
    });
  }
}

/** Whether a time is over; the wall clock may have been set back, which must not make it longer. */
function isOver(
  ms: number,
  { nowMs, fromMs }: { readonly nowMs: number; readonly fromMs: number },
): boolean {
  return nowMs - fromMs >= ms || nowMs < fromMs;
}
