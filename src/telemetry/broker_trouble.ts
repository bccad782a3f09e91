/**
 * What a failed call says about the broker, and what to do about it: the words that Redis, SQLite and sockets have for
 * their conditions, in plain ones.
 *
 * @module
 */

import { named } from "./phrases.ts";

/** Kinds of trouble, as codes of an explanation. */
export type TroubleCode =
  | "unreachable"
  | "serverBusy"
  | "readOnly"
  | "outOfMemory"
  | "diskTrouble"
  | "noPermission"
  | "outcomeUnknown"
  | "backingOff";

/** A condition in plain words. */
export interface Trouble {
  /** Its kind. */
  readonly code: TroubleCode;
  /** What is the matter. */
  readonly what: string;
  /** What to do about it. */
  readonly advice: string;
}

const WAIT = "it goes on by itself when that is over";
const DISK = "make room on the disk, or see the server's log";

/** By the reason that a `BrokerUnavailableError` names: a reply of Redis, a code of a socket, or one of SQLite. */
const BY_REASON: Readonly<Record<string, Trouble>> = {
  LOADING: { code: "serverBusy", what: "The broker is loading its data", advice: WAIT },
  BUSY: {
    code: "serverBusy",
    what: "The broker is busy with a script",
    advice: "see SLOWLOG, and end the script with SCRIPT KILL if it does not end",
  },
  TRYAGAIN: { code: "serverBusy", what: "The cluster is moving its keys", advice: WAIT },
  SQLITE_BUSY: { code: "serverBusy", what: "Another process holds the SQLite file", advice: WAIT },
  SQLITE_LOCKED: { code: "serverBusy", what: "The SQLite file is held", advice: WAIT },
  READONLY: {
    code: "readOnly",
    what: "The broker is a read-only replica",
    advice: "point the URL at the primary",
  },
  OOM: {
    code: "outOfMemory",
    what: "The broker is out of memory",
    advice: "trim streams, or raise its maxmemory",
  },
  SQLITE_NOMEM: {
    code: "outOfMemory",
    what: "SQLite is out of memory",
    advice: "give this machine or container more memory",
  },
  MISCONF: { code: "diskTrouble", what: "The broker cannot save to its disk", advice: DISK },
  SQLITE_FULL: { code: "diskTrouble", what: "The disk is full", advice: "make room on the disk" },
  SQLITE_IOERR: { code: "diskTrouble", what: "The disk failed", advice: "check the disk" },
  SQLITE_CANTOPEN: {
    code: "diskTrouble",
    what: "The SQLite file cannot be opened",
    advice: "check that its folder exists and can be written",
  },
  NOREPLICAS: {
    code: "serverBusy",
    what: "The broker has too few replicas to take writes",
    advice: "bring its replicas back",
  },
  MASTERDOWN: { code: "unreachable", what: "The broker has lost its primary", advice: WAIT },
  CLUSTERDOWN: { code: "unreachable", what: "The cluster is down", advice: "bring its nodes back" },
};

/**
 * What a failed call says.
 *
 * @param failure The error's code and message. The reason is what a `BrokerUnavailableError` ends with, in brackets.
 */
export function troubleOf(failure: { readonly code: string; readonly message: string }): Trouble {
  const { code, message } = failure;
  const reason = /\(([^()]*)\)[^()]*$/.exec(message)?.[1] ?? "";
  if (code === "BROKER_UNAVAILABLE") {
    if (Object.hasOwn(BY_REASON, reason)) return BY_REASON[reason] ?? unreachable(reason);
    return unreachable(reason);
  }
  if (code === "ACCESS_DENIED") {
    const advice = "check user, password and permissions";
    return { code: "noPermission", what: `The broker refuses access${inBrackets(reason)}`, advice };
  }
  if (code === "PERMISSION_MISSING") {
    const flags = /run it with (.*)$/.exec(message)?.[1] ?? "the permission that the log names";
    const what = "This program lacks a permission of Deno";
    return { code: "noPermission", what, advice: `run it with ${flags}` };
  }
  if (code === "UNKNOWN_OUTCOME") {
    return {
      code: "outcomeUnknown",
      what: "The connection broke before an answer came",
      advice: "nothing is done twice, the same call is sent again under its token",
    };
  }
  return { code: "backingOff", what: `A call failed with ${named(code)}`, advice: "see the log" };
}

function unreachable(reason: string): Trouble {
  const what = `The broker cannot be reached${inBrackets(reason)}`;
  return {
    code: "unreachable",
    what,
    advice: "check that it runs and that the network lets through",
  };
}

function inBrackets(reason: string): string {
  return reason === "" ? "" : ` (${reason})`;
}
