/**
 * What an inspector shows: one running process each, this one or another one that is followed through the broker.
 *
 * @module
 */

import type { ConsumerFacts } from "../telemetry/consumer_facts.ts";
import type { Message } from "./format.ts";

/** A consumer at one moment. */
export interface ConsumerStatus {
  /** What is known of it. */
  readonly facts: ConsumerFacts;
  /** Why it makes no progress, or that it does, in one sentence for people. */
  readonly why: string;
}

/** A process at one moment. */
export interface InstanceStatus {
  /** Its name. */
  readonly instance: string;
  /** The version of Tidemark that it runs. */
  readonly version: string;
  /** When this was so, in ms since 1970. */
  readonly atMs: number;
  /** Its consumers, in the order in which they were given. */
  readonly consumers: readonly ConsumerStatus[];
  /** Whether it takes commands from the inspector. */
  readonly takesCommands: boolean;
}

/** Which consumers a command is for; what is left out does not matter. */
export interface CommandTarget {
  /** Those of this stream. */
  readonly stream?: string;
  /** Those of this group. */
  readonly group?: string;
  /** Those of this name. */
  readonly consumer?: string;
}

/** What a process can be told. */
export const INSPECTOR_COMMANDS = ["pause", "resume", "drain", "reclaim", "restart"] as const;

/** One of them. */
export type InspectorCommand = typeof INSPECTOR_COMMANDS[number];

/** From where on a process is followed, and until when. */
export interface FollowWish {
  /**
   * The number of the frame that was seen last, and the beginning of the recorder that told it, so that a number of an
   * earlier life does not count. Left out: from now on.
   */
  readonly after?: { readonly startedAtMs: number; readonly seq: number };
  /** Without `after`: so many frames before now, or as many as are there. Default 0: none. */
  readonly back?: number;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** A process that is looked at. */
export interface InspectionSource {
  /** Its name. */
  readonly instance: string;

  /**
   * Tells what happens there, as `format.ts` says, in batches of 50 to 100 ms, until the signal aborts or the process ends.
   * A reader that is slow is told a gap; nothing waits for it.
   */
  follow(wish: FollowWish): AsyncIterable<readonly Message[]>;

  /** How it is now. */
  status(): Promise<InstanceStatus>;

  /**
   * Tells its consumers something.
   *
   * @throws {CommandsOffError} When it takes none.
   */
  command(command: InspectorCommand, target: CommandTarget): Promise<void>;

  /** All that is recorded there, for a session file. */
  recording(): Promise<readonly Message[]>;
}

/** A running process that could be looked at. */
export interface InstanceLine {
  /** Its name. */
  readonly instance: string;
  /** When it started, in ms since 1970. */
  readonly startedAtMs: number;
  /** Whether it is this process. */
  readonly isHere: boolean;
  /** Whether it can be followed: it runs with an inspector, or lets others follow. */
  readonly canBeFollowed: boolean;
}

/** The running processes. */
export interface InspectionSources {
  /** Those that have announced themselves, this one first. */
  list(): Promise<readonly InstanceLine[]>;

  /** Looks at one. @returns `null` when there is none of this name. */
  open(instance: string): Promise<InspectionSource | null>;
}
