/**
 * `LocalSource`: this process, as the inspector shows it. It records while somebody looks, or from its beginning; it
 * tells, and does what an operator says where that is allowed.
 *
 * @module
 */

import type { Clock, Timer } from "../ports/clock.ts";
import { consumerFactsOf } from "../telemetry/consumer_record.ts";
import { explain } from "../telemetry/explain.ts";
import type { GroupLookBroker } from "../telemetry/group_look.ts";
import { RecordReader } from "../telemetry/record_reader.ts";
import { VERSION } from "../telemetry/version.ts";
import type { Message } from "./format.ts";
import { follow } from "./frame_reader.ts";
import { GroupSights } from "./group_sights.ts";
import type { Inspected } from "./inspected.ts";
import { CommandsOffError } from "./inspector_errors.ts";
import { Recorder } from "./recorder.ts";
import { recordingOf } from "./session_file.ts";
import type {
  CommandTarget,
  ConsumerStatus,
  FollowWish,
  InspectionSource,
  InspectorCommand,
  InstanceStatus,
} from "./source.ts";

/** What a local source is made of. */
export interface LocalSourceOptions {
  /** Whose actors are shown. */
  readonly inspected: Inspected;
  /** Who is asked for lag and pending entries. */
  readonly broker: GroupLookBroker;
  /** Whether it takes commands. */
  readonly takesCommands: boolean;
  /** Whether it records from now on; otherwise while somebody looks. */
  readonly recordsAlways: boolean;
  /** So many frames are kept at most. Default: the recorder's. */
  readonly framesMax?: number;
  /** Time. */
  readonly clock: Clock;
}

/** After the last one has left, it records for so long, in ms: whoever loads a page again goes on without a hole. */
const LINGER_MS = 10_000;

/** A status counts for so long, in ms, for all who ask: they ask every half second. */
const STATUS_MS = 250;

/** More than a page shows of one consumer; what of it is left out is told by counts. */
const BOUNDS = { countMax: 100, messageLengthMax: 500 };

/** This process. */
export class LocalSource implements InspectionSource, Disposable {
  /** What it is called. */
  readonly instance: string;
  /** What is recorded of it. */
  readonly recorder: Recorder;
  readonly #options: LocalSourceOptions;
  readonly #sights: GroupSights;
  readonly #closing = new AbortController();
  #lookerCount = 0;
  #detach: (() => void) | null = null;
  #linger: Timer | null = null;
  #status: { readonly atMs: number; readonly told: Promise<InstanceStatus> } | null = null;

  /**
   * Records at once, where it is to.
   *
   * @throws {InvalidOptionError} When `framesMax` cannot work.
   */
  constructor(options: LocalSourceOptions) {
    const { inspected, clock, framesMax } = options;
    this.instance = inspected.instance;
    const bounds = framesMax === undefined ? {} : { framesMax };
    this.recorder = new Recorder({ instance: this.instance, clock, ...bounds });
    this.#options = options;
    this.#sights = new GroupSights(options);
    if (options.recordsAlways) this.attach();
  }

  /** When its recorder began, in ms since 1970. */
  get startedAtMs(): number {
    return this.recorder.header.startedAtMs;
  }

  /** Whether it records now. */
  get isRecording(): boolean {
    return this.#detach !== null;
  }

  /** Whether it takes commands. */
  get takesCommands(): boolean {
    return this.#options.takesCommands;
  }

  /** Somebody looks: it records. @returns He looks no more. Idempotent. */
  attach(): () => void {
    this.#linger?.cancel();
    this.#lookerCount++;
    if (!this.#closing.signal.aborted) {
      this.#detach ??= this.#options.inspected.inspect(this.recorder);
    }
    let looks = true;
    return () => {
      if (looks && --this.#lookerCount === 0) this.#endSoon();
      looks = false;
    };
  }

  /** {@linkcode InspectionSource.follow} */
  async *follow({ after, back = 0, signal }: FollowWish): AsyncGenerator<readonly Message[]> {
    const leave = this.attach();
    try {
      const ends = AbortSignal.any([signal, this.#closing.signal]);
      const isSame = after?.startedAtMs === this.startedAtMs;
      const from = isSame ? { after: after.seq } : { back };
      yield* follow(this.recorder, { ...from, signal: ends, clock: this.#options.clock });
    } finally {
      leave();
    }
  }

  /** {@linkcode InspectionSource.status} */
  status(): Promise<InstanceStatus> {
    const atMs = this.#options.clock.nowMs();
    const known = this.#status;
    if (known !== null && Math.abs(atMs - known.atMs) < STATUS_MS) return known.told;
    const told = this.#look();
    this.#status = { atMs, told };
    return told;
  }

  /** {@linkcode InspectionSource.command} */
  async command(command: InspectorCommand, target: CommandTarget): Promise<void> {
    const { inspected, takesCommands } = this.#options;
    if (!takesCommands) throw new CommandsOffError(this.instance);
    inspected[command](target);
    this.#status = null; // it would tell what was before
  }

  /** {@linkcode InspectionSource.recording} */
  async recording(): Promise<readonly Message[]> {
    const leave = this.attach();
    try {
      return recordingOf(this.recorder);
    } finally {
      leave();
    }
  }

  /** Records no more, and ends the telling to all who follow. Idempotent. */
  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#linger?.cancel();
    this.#end();
    this.recorder.close();
  }

  #endSoon(): void {
    if (this.#closing.signal.aborted) return;
    this.#linger = this.#options.clock.after(LINGER_MS, () => this.#end());
  }

  #end(): void {
    this.#detach?.();
    this.#detach = null;
  }

  async #look(): Promise<InstanceStatus> {
    const { inspected, takesCommands, clock } = this.#options;
    const facts = await this.#sights.added(inspected.facts());
    const consumers = facts.map((each): ConsumerStatus => {
      // A clean copy: nothing leaves that was not decided on (S19).
      const clean = consumerFactsOf(new RecordReader(each, "it"), BOUNDS);
      return { facts: clean, why: explain(clean).text };
    });
    const { instance } = this;
    return { instance, version: VERSION, atMs: clock.nowMs(), consumers, takesCommands };
  }
}
