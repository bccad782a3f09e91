/**
 * A process elsewhere, as those who look at it here see it. It listens while somebody follows or asks for the status, and
 * a little longer, so that a page that is loaded again goes on where it was.
 *
 * @module
 */

import type { Timer } from "../../ports/clock.ts";
import { messageSchema } from "../session_schema.ts";
import type { Message } from "../format.ts";
import { FrameReader } from "../frame_reader.ts";
import type {
  CommandTarget,
  FollowWish,
  InspectionSource,
  InspectorCommand,
  InstanceStatus,
} from "../source.ts";
import { ask } from "./asking.ts";
import { Listening, type ListeningOptions } from "./listening.ts";
import { InstanceUnreachableError } from "./remote_errors.ts";
import { waited } from "./retrying.ts";

/** So long it listens after the last one has gone, in ms. */
const LINGER_MS = 10_000;

/** So long a first answer is waited for, in ms. */
const FIRST_MS_MAX = 5_000;

/** A process elsewhere. */
export class RemoteSource implements InspectionSource, Disposable {
  readonly #options: ListeningOptions;
  #listening: Listening | null = null;
  #users = 0;
  #linger: Timer | null = null;
  #isOver = false;

  /** Nothing happens before somebody looks. */
  constructor(options: ListeningOptions) {
    this.#options = options;
  }

  get instance(): string {
    return this.#options.instance;
  }

  /** Which life of the process it is. */
  get life(): string {
    return this.#options.life;
  }

  /** Whether there is nothing to see any more: the process has ended, or this was closed. */
  get isOver(): boolean {
    return this.#isOver || this.#listening?.hasEnded === true;
  }

  async *follow({ after, back = 0, signal }: FollowWish): AsyncGenerator<readonly Message[]> {
    const listening = this.#begin();
    const { tape } = listening;
    const isOver = () => this.#isOver || listening.hasEnded || signal.aborted;
    try {
      while (tape.needsSnapshot && !isOver()) await this.#change(listening, signal);
      let { startedAtMs } = tape.header;
      const counts = after !== undefined && after.startedAtMs === startedAtMs;
      let reader = new FrameReader(tape, counts ? { after: after.seq } : { back });
      while (!signal.aborted && startedAtMs > 0) {
        // It may have begun anew, and a number of before says nothing then.
        if (tape.header.startedAtMs !== startedAtMs || reader.position > tape.lastSeq) {
          ({ startedAtMs } = tape.header);
          reader = new FrameReader(tape);
        }
        const messages = reader.read();
        if (messages.length > 0) yield messages;
        else if (isOver()) return;
        else await this.#change(listening, signal);
      }
    } finally {
      this.#leave();
    }
  }

  /**
   * How it is now.
   *
   * @throws {InstanceUnreachableError} When it does not answer.
   */
  async status(): Promise<InstanceStatus> {
    const listening = this.#begin();
    const { clock } = this.#options;
    const late = new AbortController();
    const timer = clock.after(FIRST_MS_MAX, () => late.abort());
    try {
      for (;;) {
        const status = listening.status();
        if (status !== null) return status;
        const isVain = listening.isSilent || listening.hasEnded || this.#isOver;
        if (isVain || late.signal.aborted) throw new InstanceUnreachableError(this.instance);
        await this.#change(listening, late.signal);
      }
    } finally {
      timer.cancel();
      this.#leave();
    }
  }

  /**
   * Tells its consumers something, once.
   *
   * @throws {CommandsOffError} When it takes no commands.
   * @throws {InstanceUnreachableError} When it does not answer; nothing was done.
   * @throws {RequestUnansweredError} When it may have been done.
   * @throws {RequestFailedError} When the process failed at it.
   */
  async command(command: InspectorCommand, target: CommandTarget): Promise<void> {
    await ask({ want: "command", command, target }, this.#options);
  }

  /**
   * All that is recorded there; little, where nobody has followed it so far.
   *
   * @throws {InstanceUnreachableError}, {RequestUnansweredError} or {RequestFailedError} As `command`.
   */
  async recording(): Promise<readonly Message[]> {
    const texts = await ask({ want: "recording" }, this.#options);
    const messages: Message[] = [];
    for (const text of texts) {
      messages.push(...messagesOf(text));
      // Checking takes its time; others have their turn in between.
      await waited(0, { clock: this.#options.clock, signal: new AbortController().signal });
    }
    return messages;
  }

  /** Looks no more; whoever follows is told the end. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#linger?.cancel();
    this.#listening?.[Symbol.dispose]();
  }

  #begin(): Listening {
    this.#users++;
    this.#linger?.cancel();
    this.#linger = null;
    if (this.#listening === null) {
      this.#listening = new Listening(this.#options);
      if (this.#isOver) this.#listening[Symbol.dispose]();
    }
    return this.#listening;
  }

  #leave(): void {
    this.#users--;
    if (this.#users > 0 || this.#isOver) return;
    this.#linger?.cancel();
    this.#linger = this.#options.clock.after(LINGER_MS, () => {
      this.#isOver = this.isOver;
      this.#listening?.[Symbol.dispose]();
      this.#listening = null;
    });
  }

  #change(listening: Listening, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        ends();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const ends = listening.onChange(end);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}

/** What is no message is left out. */
function messagesOf(text: string): Message[] {
  try {
    const found: unknown = JSON.parse(text);
    if (!Array.isArray(found)) return [];
    return found.flatMap((each) => messageSchema.safeParse(each).data ?? []);
  } catch {
    return [];
  }
}
