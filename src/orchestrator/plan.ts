/**
 * What an orchestrator is asked to run: its consumers, each with its handler.
 *
 * @module
 */

import {
  resolveConsumerOptions,
  type ResolvedConsumerOptions,
  type StreamConsumerOptions,
} from "../consumer/options.ts";
import { utf8Length } from "../domain/entry.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { checkName, NAME_BYTES_MAX } from "../domain/names.ts";
import type { Broker } from "../ports/broker.ts";
import type { Random } from "../ports/random.ts";
import type { HandlerSource } from "../workers/handler_module.ts";

/** One consumer. */
export interface ConsumerPlan
  extends Omit<StreamConsumerOptions, "broker" | "log" | "clock" | "random" | "inspect"> {
  /** Handles one event: a function, what `defineHandler` gives, or the module that exports it, as threads need it. */
  readonly handler: HandlerSource;
  /**
   * What becomes of this consumer when another process has taken its name: it ends, or goes on under a new name of its
   * own. Default `stop`.
   */
  readonly onFenced?: "stop" | "rename";
}

/** What a consumer is called in the orchestrator: unlike every other one, because two would fence each other for ever. */
export function planId(plan: Pick<ConsumerPlan, "stream" | "group" | "consumer">): string {
  return [plan.stream, plan.group, plan.consumer ?? "main"].map(encodeURIComponent).join("/");
}

/** Enough to be unlike every other mark in a group. */
const MARK_LENGTH = 8;

/** A name that nobody has, for a consumer whose own was taken: its own, cut where that would be too long, and a mark. */
export function freeName(
  { consumer = "main" }: Pick<ConsumerPlan, "consumer">,
  random: Random,
): string {
  const mark = `~${random.uniqueText().slice(0, MARK_LENGTH)}`;
  const points = [...consumer];
  while (utf8Length(points.join("")) + utf8Length(mark) > NAME_BYTES_MAX) points.pop();
  return points.join("") + mark;
}

/**
 * Checks that no two consumers would take each other's place.
 *
 * @throws {InvalidOptionError} When two have the same stream, group and name, or there is none.
 * @throws {InvalidNameError} When a stream, group or consumer cannot have its name.
 */
export function checkPlans(plans: readonly ConsumerPlan[]): void {
  if (plans.length === 0) throw new InvalidOptionError("consumers", "empty", "at least one");
  const seen = new Set<string>();
  for (const plan of plans) {
    checkName("stream", plan.stream);
    checkName("group", plan.group);
    checkName("consumer", plan.consumer ?? "main");
    const id = planId(plan);
    if (seen.has(id)) {
      throw new InvalidOptionError(
        "consumers",
        `twice "${plan.consumer ?? "main"}" in group "${plan.group}" of "${plan.stream}"`,
        "another name for each consumer of a group",
      );
    }
    seen.add(id);
  }
}

/**
 * The settings of a plan with every default filled in.
 *
 * @returns `null` when one of them cannot work: its consumer says so when it is started.
 */
export function settingsOf(plan: ConsumerPlan, broker: Broker): ResolvedConsumerOptions | null {
  try {
    const { handler: _, onFenced: __, ...options } = plan;
    return resolveConsumerOptions({ ...options, broker });
  } catch {
    return null;
  }
}
