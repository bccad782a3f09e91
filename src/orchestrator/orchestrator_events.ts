/**
 * What the orchestrator's machine hears and what it remembers.
 *
 * @module
 */

import type { PressureLevel } from "../domain/pressure.ts";
import type { HostEvent } from "./hosting.ts";
import type { Failure } from "./restart_policy.ts";
import type { SupervisorState } from "./supervisor_events.ts";

/** What is known of one supervised consumer. */
export interface Member {
  /** What its supervisor does. */
  readonly state: SupervisorState;
  /** Why its consumer ended last, `null` while it works. */
  readonly failure: Failure | null;
}

/** What the machine remembers. */
export interface OrchestratorContext {
  /** How many consumers there are. */
  readonly consumerCount: number;
  /** Whether all end when one is given up. */
  readonly endsOnFailure: boolean;
  /** The supervised consumers, by the id of their supervisor. */
  readonly members: Readonly<Record<string, Member>>;
  /** What the backpressure monitor said last. */
  readonly level: PressureLevel;
}

/** What the machine hears. */
export type OrchestratorEvent =
  | HostEvent
  | { type: "supervisor.changed"; id: string; member: Member }
  | { type: "monitor.changed"; level: PressureLevel }
  | { type: "operator.drain" }
  | { type: "operator.stop" };

/** What a machine is started with. */
export type OrchestratorInput = Pick<OrchestratorContext, "consumerCount" | "endsOnFailure">;

/** The states of the orchestrator; those of `running` tell the backpressure. */
export type OrchestratorState =
  | "starting"
  | "healthy"
  | "pressured"
  | "saturated"
  | "draining"
  | "stopping"
  | "stopped"
  | "failed";
