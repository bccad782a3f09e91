/**
 * What the inspector needs of those who run consumers, such as an `Orchestrator`.
 *
 * @module
 */

import type { ActorObserver } from "../ports/actor_observer.ts";
import type { ConsumerFacts } from "../telemetry/consumer_facts.ts";
import type { CommandTarget, InspectorCommand } from "./source.ts";

/** Runs consumers, lets others look, and does what an operator says. */
export interface Inspected extends Record<InspectorCommand, (which: CommandTarget) => void> {
  /** What this process is called. */
  readonly instance: string;
  /** Lets an observer look at all actors from now on. @returns Ends it. */
  inspect(observer: ActorObserver): () => void;
  /** What is known of each consumer now. */
  facts(): readonly ConsumerFacts[];
}
