/**
 * What an orchestrator is told when it is made, and how its consumers are named afterwards.
 *
 * @module
 */

import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";
import type { BackpressureOptions } from "./backpressure/watch_groups.ts";
import type { ConsumerPlan } from "./plan.ts";
import type { SupervisionOptions } from "./restart_policy.ts";

/** What an orchestrator takes. */
export interface OrchestratorOptions {
  /** The broker that all consumers share. It is not closed with the orchestrator. */
  readonly broker: Broker;
  /** The consumers; at least one, each with a name of its own in its group. */
  readonly consumers: readonly ConsumerPlan[];
  /** When a consumer that failed is started again. Default: up to 5 times a minute. */
  readonly supervision?: Partial<SupervisionOptions>;
  /** From when on a group that falls behind is told of; what is left out has a default. */
  readonly backpressure?: BackpressureOptions;
  /** Where log lines go. Default: nowhere. */
  readonly log?: Log;
  /** Observes every transition of every machine, as XState's `inspect` does. It can never harm a consumer. */
  readonly inspect?: (event: unknown) => void;
  /** Time. Default: this machine's. */
  readonly clock?: Clock;
  /** Chance. Default: this machine's. */
  readonly random?: Random;
}

/** Which consumers are meant; what is left out means all. */
export interface ConsumerSelection {
  /** Of this stream. */
  readonly stream?: string;
  /** Of this group. */
  readonly group?: string;
  /** Of this name. */
  readonly consumer?: string;
}

/** Whether a consumer is one of those that are meant. */
export function isSelected(
  { stream, group, consumer }: ConsumerSelection,
  of: Required<ConsumerSelection>,
): boolean {
  return (stream ?? of.stream) === of.stream && (group ?? of.group) === of.group &&
    (consumer ?? of.consumer) === of.consumer;
}
