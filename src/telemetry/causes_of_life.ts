/**
 * Causes that lie in the life of a consumer: it has ended, is about to, is about to begin, or may not work.
 *
 * @module
 */

import { printable } from "../domain/printable.ts";
import { type TroubleCode, troubleOf } from "./broker_trouble.ts";
import type { ConsumerFacts } from "./consumer_facts.ts";
import { earliest } from "./earliest.ts";
import type { Cause, ExplanationKind } from "./explanation.ts";
import { counted, duration, entriesWait, grouped, inTime, named } from "./phrases.ts";

/** The longest message of a failure that becomes part of a sentence, in characters. */
const MESSAGE_LENGTH_MAX = 240;

const LOST_CODES = ["CHECKPOINT_BEYOND_END", "STREAM_REPLACED", "DATA_LOSS"];

/** The process was told to stop it, or to drain it until it is restarted. */
export const stopped: Cause = {
  code: "stopped",
  kind: "waiting",
  tell: ({ supervision }) =>
    supervision === "stopped"
      ? "Stopped as it was asked to: restart it, or its process, to go on"
      : null,
};

/** It finishes what runs. */
export const draining: Cause = {
  code: "draining",
  kind: "waiting",
  tell: (facts) => {
    if (facts.supervision !== "draining" && facts.state !== "draining") return null;
    const { load, running, nowMs } = facts;
    const longest = earliest(running, ({ sinceMs }) => sinceMs);
    if (load.running <= 0) return "Stopping: commits what is finished and hands back the rest";
    const handlers = counted(load.running, "handler");
    const since = longest === undefined
      ? ""
      : `, the longest has been running for ${duration(nowMs - longest.sinceMs)}`;
    return `Stopping: waits for ${handlers}${since}`;
  },
};

/** A newer process uses its name. */
export const fenced: Cause = {
  code: "fenced",
  kind: "stuck",
  tell: ({ supervision, failure, consumer }) =>
    supervision === "failed" && failure?.code === "CONSUMER_FENCED"
      ? `Stopped because a newer process runs under the name ${named(consumer)}: ` +
        "give each process a name of its own, then start it again"
      : null,
};

/** The checkpoint does not fit what is there, and the policy says stop. */
export const checkpointLost: Cause = {
  code: "checkpointLost",
  kind: "stuck",
  tell: ({ supervision, failure }) =>
    supervision === "failed" && failure !== null && LOST_CODES.includes(failure.code)
      ? `Stopped to lose nothing unseen: ${messageOf(failure)}`
      : null,
};

/** There is no stream. */
export const streamMissing: Cause = {
  code: "streamMissing",
  kind: "stuck",
  tell: (facts) => {
    const isMissing = facts.failure?.code === "STREAM_MISSING" ||
      (hasJoined(facts) && facts.broker?.streamExists === false);
    if (!isMissing) return null;
    const missing = `Stream ${named(facts.stream)} does not exist: create it, or set create_stream`;
    if (facts.supervision === "failed") return `${missing}, then start it again`;
    const atMs = facts.supervision === "restarting" ? facts.restartAtMs : facts.backOffUntilMs;
    return atMs === null ? missing : `${missing}; it looks again ${inTime(atMs - facts.nowMs)}`;
  },
};

/** An operator moved the group: whoever worked for it joins it again. */
export const groupReset: Cause = {
  code: "groupReset",
  kind: "waiting",
  tell: (facts) => {
    if (facts.supervision === "failed" || facts.failure?.code !== "GROUP_RESET") return null;
    return `Group ${named(facts.group)} was moved to another position by an operator: ` +
      `it joins again ${inTime(retryMs(facts))} and goes on there`;
  },
};

/** There is no group; a consumer that tries on makes it again. */
export const groupMissing: Cause = {
  code: "groupMissing",
  kind: "waiting",
  tell: (facts) => {
    if (facts.supervision === "failed") return null;
    const isMissing = facts.failure?.code === "GROUP_MISSING" ||
      (hasJoined(facts) && facts.broker?.groupExists === false);
    if (!isMissing) return null;
    return `Group ${named(facts.group)} is gone: it is made again ${inTime(retryMs(facts))}, ` +
      "at its checkpoint if that was kept; find out who deleted it";
  },
};

/** It failed too often, or in a way that no restart mends. */
export const givenUp: Cause = {
  code: "givenUp",
  kind: "stuck",
  tell: ({ supervision, failure, restarts }) => {
    if (supervision !== "failed") return null;
    const after = restarts > 1 ? ` after ${grouped(restarts)} failures` : "";
    if (failure === null) return `Given up${after}: see the log of its process`;
    return `Given up${after}: ${messageOf(failure)}; mend it, then start it again`;
  },
};

/** It failed and is started again. */
export const restarting: Cause = {
  code: "restarting",
  kind: "waiting",
  tell: ({ supervision, restartAtMs, restarts, restartsMax, failure, nowMs }) => {
    if (supervision !== "restarting") return null;
    const when = restartAtMs === null ? "soon" : inTime(restartAtMs - nowMs);
    const of = restartsMax === null ? "" : ` of ${grouped(restartsMax)}`;
    const why = failure === null ? "" : `: ${messageOf(failure)}`;
    return `Starts again ${when} after failure ${grouped(restarts)}${of}${why}`;
  },
};

/** Calls fail: one cause for each kind of trouble, so that each has its own code. */
export const backingOff: readonly Cause[] = ([
  ["unreachable", "waiting"],
  ["serverBusy", "waiting"],
  ["readOnly", "stuck"],
  ["outOfMemory", "stuck"],
  ["diskTrouble", "stuck"],
  ["noPermission", "stuck"],
  ["outcomeUnknown", "waiting"],
  ["backingOff", "waiting"],
] satisfies readonly (readonly [TroubleCode, ExplanationKind])[]).map(([code, kind]) => ({
  code,
  kind,
  tell: (facts) => {
    const isBackingOff = facts.state === "backingOff" || facts.failures > 0;
    if (!isBackingOff) return null;
    const trouble = facts.failure === null
      ? { code: "backingOff", what: "A call failed", advice: "see the log" }
      : troubleOf(facts.failure);
    if (trouble.code !== code) return null;
    const calls = facts.failures > 1 ? `, after ${grouped(facts.failures)} failed calls` : "";
    return `${trouble.what}: tries again ${inTime(retryMs(facts))}${calls}; ${trouble.advice}`;
  },
}));

/** An operator asked for silence. */
export const paused: Cause = {
  code: "paused",
  kind: "waiting",
  tell: ({ pauseWanted, state, stateSinceMs, nowMs, broker, load }) => {
    if (!pauseWanted) return null;
    const since = state === "paused" ? ` for ${duration(nowMs - stateSinceMs)}` : "";
    const waiting = broker?.lag ?? 0;
    const lag = waiting > 0 ? `, ${entriesWait(waiting)}` : "";
    const running = load.running > 0 ? `, ${counted(load.running, "handler")} still at work` : "";
    return `Paused by an operator${since}${lag}${running}: resume it to go on`;
  },
};

/** It begins. */
export const starting: Cause = {
  code: "starting",
  kind: "waiting",
  tell: (facts) => {
    if (facts.supervision !== "starting" && hasJoined(facts)) return null;
    const since = duration(facts.nowMs - facts.stateSinceMs);
    return `Starting for ${since}: loads its checkpoint and looks at stream and group`;
  },
};

/** Whether it is past the states in which stream and group may be missing in good order. */
function hasJoined({ supervision, state }: ConsumerFacts): boolean {
  return supervision === "running" && state !== "loadingCheckpoint" && state !== "validating";
}

function retryMs({ backOffUntilMs, nowMs }: ConsumerFacts): number {
  return backOffUntilMs === null ? 0 : backOffUntilMs - nowMs;
}

function messageOf({ code, message }: { readonly code: string; readonly message: string }): string {
  const shown = printable(message, MESSAGE_LENGTH_MAX).trim();
  return shown === "" ? printable(code, MESSAGE_LENGTH_MAX) : shown;
}
