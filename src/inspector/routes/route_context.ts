/**
 * What the routes of the inspector need, and how one of them finds the process that it is asked for.
 *
 * @module
 */

import { BrokerUnavailableError } from "../../domain/errors.ts";
import { within } from "../../http/in_time.ts";
import { ProblemError } from "../../http/problem.ts";
import type { Clock } from "../../ports/clock.ts";
import type { GroupStore } from "../../ports/group_store.ts";
import type { Log } from "../../ports/log.ts";
import type { DeadLetterDesk } from "../dead_letter_desk.ts";
import type { InspectionSource, InspectionSources } from "../source.ts";
import type { ChartDesk } from "./chart_desk.ts";

/** What every route needs. */
export interface InspectorRouteContext {
  /** The running processes. */
  readonly sources: InspectionSources;
  /** This process; `null` where only others are shown. */
  readonly here: InspectionSource & { readonly startedAtMs: number } | null;
  /** Whether anything may be changed through these routes. */
  readonly commands: boolean;
  /** Knows what is pending. */
  readonly groups: GroupStore;
  /** Knows the dead letters. */
  readonly letters: DeadLetterDesk;
  /** Draws charts. */
  readonly charts: ChartDesk;
  /** Where it is said what operators do. */
  readonly log: Log;
  /** Time. */
  readonly clock: Clock;
}

/** A broker answers within less, or is as good as away. */
const ANSWER_MS_MAX = 5_000;

/** A process elsewhere is asked through the broker, and gives up by itself before this. */
const PATIENCE_MS_MAX = 30_000;

/**
 * Waits for an answer, for 5 s.
 *
 * @throws {BrokerUnavailableError} When it takes longer; and what it throws.
 */
export function inTime<Result>(
  answer: Promise<Result>,
  { clock }: { readonly clock: Clock },
): Promise<Result> {
  return within(answer, { clock, msMax: ANSWER_MS_MAX, late: () => late(ANSWER_MS_MAX) });
}

/**
 * Waits for what a process elsewhere is asked for, for 30 s.
 *
 * @throws {BrokerUnavailableError} When it takes longer; and what it throws.
 */
export function patiently<Result>(
  answer: Promise<Result>,
  { clock }: { readonly clock: Clock },
): Promise<Result> {
  return within(answer, { clock, msMax: PATIENCE_MS_MAX, late: () => late(PATIENCE_MS_MAX) });
}

/** What a broker is told as that says nothing. */
function late(msMax: number): BrokerUnavailableError {
  return new BrokerUnavailableError("look at a process", `no answer within ${msMax} ms`);
}

/**
 * Finds a process.
 *
 * @param instance Its name; left out for this one.
 * @throws {ProblemError} 404 INSTANCE_NOT_FOUND when there is none.
 */
export async function openSource(
  instance: string | undefined,
  context: InspectorRouteContext,
): Promise<InspectionSource> {
  const { here, sources } = context;
  // Looking at this process works whatever the broker does.
  if (here !== null && (instance ?? here.instance) === here.instance) return here;
  const source = instance === undefined ? null : await inTime(sources.open(instance), context);
  if (source !== null) return source;
  throw new ProblemError({
    status: 404,
    code: "INSTANCE_NOT_FOUND",
    title: "There is no such process to look at",
    detail: instance === undefined
      ? "This process runs no consumers: name one of /inspector/instances"
      : `Cannot look at "${instance}": it does not run, or lets nobody follow it`,
  });
}

/** @throws {ProblemError} 403 COMMANDS_OFF where nothing may be changed. */
export function checkCommands({ commands }: Pick<InspectorRouteContext, "commands">): void {
  if (commands) return;
  throw new ProblemError({
    status: 403,
    code: "COMMANDS_OFF",
    title: "The inspector takes no commands",
    detail: "Start the service with --inspect-control to allow them",
  });
}
