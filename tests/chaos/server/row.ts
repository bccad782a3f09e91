/**
 * One row of the table of what can happen to a server: how it begins and ends, and what a service is expected to make of
 * it.
 *
 * @module
 */

import type { Report } from "../../../mod.ts";
import type { ConsumerPlan } from "../../../src/orchestrator/plan.ts";
import type { ServerStage } from "./stage.ts";

/**
 * What a service makes of a fault.
 *
 * - `transparent`: no consumer notices
 * - `retry`: calls fail and are made again, until it goes on by itself
 * - `restart`: a consumer fails and is started again by its supervisor, until it goes on by itself
 * - `give up`: a consumer is given up, says why, and goes on when an operator restarts it
 */
export type FaultClass = "transparent" | "retry" | "restart" | "give up";

/** What is expected. */
export interface Expected {
  /** One of these, the mildest first. */
  readonly classes: readonly FaultClass[];
  /** What failed calls and failed consumers say: the reason in brackets, or the code of the error. Nothing else is. */
  readonly reasons: readonly string[];
  /** What must be said, of all that. */
  readonly tells?: string;
  /**
   * Where nothing can be done: so many requests a second may be sent, in vain, by both processes. Default: as many as
   * ordinary work makes.
   */
  readonly requestsMax?: number;
  /** Kinds of reports, exactly these; those of a stolen lease may always be among them. */
  readonly reports: readonly Report["kind"][];
  /**
   * Entries without an output: `none`; `reported`: exactly as many as the reports of data loss say; `told`: nobody but
   * those that an operator took away or skipped by a command, as the server's answer told him, and no report.
   */
  readonly losses: "none" | "reported" | "told";
}

/** One row. */
export interface ServerRow {
  readonly name: string;
  /** How the server is started. */
  readonly server?: { readonly appendonly?: boolean; readonly config?: readonly string[] };
  /** Whether the service logs in as a user of its own, `app`. */
  readonly asUser?: boolean;
  /** What the consumers are told beyond the ordinary. */
  readonly plan?: (stage: ServerStage) => Partial<ConsumerPlan>;
  /** What is needed before the service starts. */
  readonly prepare?: (stage: ServerStage) => Promise<void>;
  readonly begin: (stage: ServerStage) => Promise<void>;
  /** How long it lasts, in ms. */
  readonly holdMs: number;
  readonly end: (stage: ServerStage) => Promise<void>;
  /** While it lasts, nothing may change on the first stream and its outputs. */
  readonly isFrozen?: boolean;
  readonly expected: Expected;
}

/** Usual expectations. */
export const QUIET: Expected = {
  classes: ["transparent"],
  reasons: [],
  reports: [],
  losses: "none",
};

/** What a connection that breaks says. */
export const BROKEN: readonly string[] = [
  "connection closed",
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "not connected",
];

/** Calls fail, and are made again. @param tells The reason that must be among them; `also`: those that may be. */
export function retried(tells: string, also: readonly string[] = []): Expected {
  return { ...QUIET, classes: ["retry"], tells, reasons: [tells, ...also] };
}

/**
 * Calls are refused, and made again without hammering: leases are renewed 20 times a second, and each of the four
 * consumers tries 4 times; measured were 45 to 75 requests, and 250 with waits of a millisecond.
 */
export function refused(tells: string, also: readonly string[] = []): Expected {
  return { ...retried(tells, also), requestsMax: 150 };
}

/** Connections break, and are made again. @param also Reasons that may be told beside that. */
export function reconnected(also: readonly string[] = []): Expected {
  return { ...QUIET, classes: ["retry"], reasons: [...BROKEN, ...also] };
}
