/**
 * Why is this consumer not making progress, or that it is: one sentence from plain facts, the same for the command line,
 * the page and HTTP.
 *
 * Several causes can hold at once. The first one of {@linkcode CAUSES} is told: what ends a consumer comes before what
 * holds it up, what holds it up as a whole before what holds up a part of it, and what a person has done before what
 * happened by itself.
 *
 * | code | kind | holds when |
 * |---|---|---|
 * | `stopped` | waiting | its process was told to stop it, or to drain it until it is restarted |
 * | `draining` | waiting | it finishes what runs |
 * | `fenced` | stuck | it failed: a newer process has its name |
 * | `checkpointLost` | stuck | it failed: its checkpoint does not fit the stream, or entries were lost |
 * | `streamMissing` | stuck | its last call said so, or it runs and the broker says so |
 * | `groupMissing` | waiting | the same, unless it has failed; a consumer that tries on makes its group again |
 * | `groupReset` | waiting | its last call said that an operator has moved its group |
 * | `givenUp` | stuck | it failed in any other way, or too often |
 * | `restarting` | waiting | it failed and is started again |
 * | `unreachable`, `serverBusy`, `outcomeUnknown`, `backingOff` | waiting | calls fail, which passes |
 * | `readOnly`, `outOfMemory`, `diskTrouble`, `noPermission` | stuck | calls fail until somebody mends it |
 * | `paused` | waiting | an operator wants silence |
 * | `starting` | waiting | it joins its group |
 * | `workersBusy` | waiting | every worker runs, one of them for 10 s or longer |
 * | `handlerRuns` | waiting | a handler runs for 10 s or longer |
 * | `keyBlocked` | waiting | nothing runs, and an entry waits for its next attempt |
 * | `saturated` | waiting | it takes nothing more and has free workers, or its group is too far behind |
 * | `waitsForOther` | waiting | it has nothing in hand, and its entries wait for another consumer's |
 * | `leaseHeld` | waiting | it has nothing in hand, nothing is left to read, others hold the rest |
 * | `nothingToDo` | working | it has nothing in hand, and the broker knows of nothing |
 * | `makingProgress` | working | otherwise |
 *
 * @module
 */

import { printable } from "../domain/printable.ts";
import {
  backingOff,
  checkpointLost,
  draining,
  fenced,
  givenUp,
  groupMissing,
  groupReset,
  paused,
  restarting,
  starting,
  stopped,
  streamMissing,
} from "./causes_of_life.ts";
import {
  handlerRuns,
  keyBlocked,
  leaseHeld,
  makingProgress,
  nothingToDo,
  saturated,
  waitsForOther,
  workersBusy,
} from "./causes_of_work.ts";
import type { ConsumerFacts, UnattendedFacts } from "./consumer_facts.ts";
import type { Cause, Explanation } from "./explanation.ts";
import { duration, entries, entriesWait, grouped, moment, named } from "./phrases.ts";

/** The longest sentence, in characters: six lines of a terminal. */
const TEXT_LENGTH_MAX = 600;

/** Every cause, in the order of precedence. The last one always holds. */
export const CAUSES: readonly Cause[] = [
  stopped,
  draining,
  fenced,
  checkpointLost,
  streamMissing,
  groupMissing,
  groupReset,
  givenUp,
  restarting,
  ...backingOff,
  paused,
  starting,
  workersBusy,
  handlerRuns,
  keyBlocked,
  saturated,
  waitsForOther,
  leaseHeld,
  nothingToDo,
  makingProgress,
];

/**
 * Explains what a consumer does. Total: it never throws, whatever the facts.
 *
 * @param facts What is known of it, or of a group that nobody runs.
 * @returns The first cause that holds, on one line that is safe to show.
 */
export function explain(facts: ConsumerFacts | UnattendedFacts): Explanation {
  if (facts.supervision === "none") return explainUnattended(facts);
  for (const { code, kind, tell } of CAUSES) {
    const text = tell(facts);
    if (text !== null) return { code, kind, text: printable(text, TEXT_LENGTH_MAX) };
  }
  return { code: "makingProgress", kind: "working", text: "Making progress" };
}

/** A group, or a consumer, that no process has announced. */
function explainUnattended(facts: UnattendedFacts): Explanation {
  const { stream, group, consumer, broker, nowMs } = facts;
  const told = (code: Explanation["code"], kind: Explanation["kind"], text: string) => ({
    code,
    kind,
    text: printable(text, TEXT_LENGTH_MAX),
  });
  if (!broker.streamExists) {
    return told("streamMissing", "stuck", `Stream ${named(stream)} does not exist: create it`);
  }
  if (!broker.groupExists) {
    const text = `Stream ${named(stream)} has no group ${
      named(group)
    }: create it, or run a consumer of it`;
    return told("groupMissing", "stuck", text);
  }
  if (consumer !== null) {
    const own = broker.ownPendingCount ?? 0;
    const text = `No process has announced consumer ${named(consumer)}, ${
      entries(own)
    } pending for it`;
    return told("unattended", own > 0 ? "stuck" : "waiting", text);
  }
  const { lag, pendingCount, waitingSinceMs } = broker;
  const nobody = "No process has announced that it runs this group";
  if (lag === 0 && pendingCount === 0) {
    return told("unattended", "waiting", `${nobody}, nothing waits`);
  }
  const waiting = lag === null
    ? `an unknown number of entries to be read and ${grouped(pendingCount)} pending wait`
    : entriesWait(lag + pendingCount);
  const since = waitingSinceMs === null
    ? ""
    : ` since ${moment(waitingSinceMs)}, for ${duration(nowMs - waitingSinceMs)}`;
  return told(
    "unattended",
    "stuck",
    `${nobody}: ${waiting}${since}; start one with tidemark run`,
  );
}
