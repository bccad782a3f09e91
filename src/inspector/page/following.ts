/**
 * Following a process: everything that was recorded, then what happens, over any number of broken connections, without a
 * frame lost or doubled as long as the service keeps them.
 *
 * @module
 */

import { createParser, type EventSourceMessage } from "eventsource-parser";
import type { Message } from "../format.ts";
import type { InstanceStatus } from "../source.ts";
import { type Wire, WireError } from "./wire.ts";
import { parseWire } from "./wire_json.ts";

/**
 * How the page is connected: `connecting` for the first time, `live`, `reconnecting` after it was, `ended` when the
 * process has ended, `waiting` where the service shows only other processes and none of them was chosen, `locked` when a
 * token is wanted, `refused` when the service says no.
 */
export type Connection =
  | "connecting"
  | "live"
  | "reconnecting"
  | "ended"
  | "waiting"
  | "locked"
  | "refused";

/** Who is told. */
export interface Follower {
  /** What to resume after, `null` for the beginning. */
  readonly resumeId: () => string | null;
  /** New messages. */
  readonly messages: (messages: readonly Message[]) => void;
  /** How the process is. */
  readonly status: (status: InstanceStatus) => void;
  /** How the page is connected, and why. */
  readonly connection: (connection: Connection, reason: string) => void;
}

/** What to follow. */
export interface FollowingOptions {
  /** The routes. */
  readonly wire: Wire;
  /** The process, `null` for the one that serves the page. */
  readonly instance: string | null;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** The service sends something at least every 15 s. */
const SILENCE_MS_MAX = 20_000;

/** How long after a broken connection the next one is tried: at once would press on a service that starts. */
const RETRY_MS = 700;

/** Follows until the signal aborts, or until only its user can help. Never rejects. */
export async function followProcess(follower: Follower, options: FollowingOptions): Promise<void> {
  const { signal } = options;
  follower.connection("connecting", "");
  const { instance } = options;
  let wasLive = false;
  let hasEnded = false;
  while (!signal.aborted) {
    try {
      const ended = await takePresent(follower, options, () => {
        wasLive = true;
        hasEnded = false;
        follower.connection("live", "");
      });
      if (signal.aborted) return;
      hasEnded ||= ended;
      follower.connection(hasEnded ? "ended" : "reconnecting", "");
    } catch (error) {
      if (signal.aborted) return;
      const [connection, reason] = connectionAfter(error, { wasLive, hasEnded, instance });
      follower.connection(connection, reason);
      if (connection === "locked" || connection === "waiting") return;
    }
    await sleep(RETRY_MS, signal);
  }
}

function connectionAfter(
  error: unknown,
  { wasLive, hasEnded, instance }: {
    readonly wasLive: boolean;
    readonly hasEnded: boolean;
    readonly instance: string | null;
  },
): [Connection, string] {
  if (error instanceof WireError && error.status === 401) return ["locked", error.message];
  if (error instanceof WireError && error.code === "INSTANCE_NOT_FOUND") {
    // A process that was there and is found no more has ended, also where nobody could say so.
    if (wasLive) return ["ended", ""];
    if (instance === null) return ["waiting", ""];
  }
  if (error instanceof WireError && error.status !== 0 && error.status < 500) {
    return ["refused", error.message];
  }
  // Nobody answers any more for a process that has said its end; who comes after it is found all the same.
  if (hasEnded) return ["ended", ""];
  const reason = error instanceof WireError ? error.message : "The connection broke";
  return [wasLive ? "reconnecting" : "connecting", reason];
}

/** @returns Whether the process said that it ends. */
async function takePresent(
  follower: Follower,
  { wire, instance, signal }: FollowingOptions,
  onLive: () => void,
): Promise<boolean> {
  const silence = new AbortController();
  const either = AbortSignal.any([signal, silence.signal]);
  const lastEventId = follower.resumeId();
  const answer = await wire.frames({ instance, lastEventId }, either);
  let hasEnded = false;
  const parser = createParser({
    onEvent: ({ event = "message", data }: EventSourceMessage) => {
      // A service also takes the question after a process that was killed, of which nobody will hear.
      if (event === "message" || event === "status") onLive();
      if (event === "message") {
        const messages: Message[] = JSON.parse(data);
        follower.messages(messages);
      } else if (event === "status") follower.status(parseWire<InstanceStatus>(data));
      else if (event === "end") hasEnded = true;
    },
  });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const timer = setTimeout(() => silence.abort(), SILENCE_MS_MAX);
    const part = await reader?.read().finally(() => clearTimeout(timer));
    if (part === undefined || part.done) return hasEnded;
    parser.feed(part.value);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    }, { once: true });
  });
}
