/**
 * The charts of the machines that a service is made of, drawn. Everything is loaded when a chart is wanted and not
 * before: a service that shows none carries no drawing code.
 *
 * @module
 */

import type { AnyStateMachine } from "xstate";
import { InvalidOptionError } from "../domain/errors.ts";
import type { Chart } from "../inspector/chart/chart.ts";

/** The machines of a service, by the names that people give them. */
const MACHINES = {
  consumer: async () => (await import("../consumer/machine.ts")).consumerMachine,
  supervisor: async () => (await import("../orchestrator/supervisor_machine.ts")).supervisorMachine,
  orchestrator: async () => (await import("../orchestrator/machine.ts")).orchestratorMachine,
  worker: async () => (await import("../workers/worker_machine.ts")).workerMachine,
} satisfies Record<string, () => Promise<AnyStateMachine>>;

/** The name of a machine. */
export type MachineName = keyof typeof MACHINES;

/** All machines that have a chart. */
export const MACHINE_NAMES: readonly string[] = Object.keys(MACHINES);

/** Whether a machine has that name. */
export function isMachineName(name: string): name is MachineName {
  return MACHINE_NAMES.includes(name);
}

/** The charts of all these machines. */
export async function knownCharts(): Promise<Chart[]> {
  const { chartOf } = await import("../inspector/chart/chart_of.ts");
  const machines = await Promise.all(Object.values(MACHINES).map((load) => load()));
  return machines.map((machine) => chartOf(machine));
}

/** How to draw a machine. */
export interface DrawOptions {
  /** As text for Mermaid, or as an SVG file. */
  readonly format: "mermaid" | "svg";
  /** Whether only the states directly inside the machine are drawn. */
  readonly overview: boolean;
  /** Types of events that are left out. */
  readonly without: readonly string[];
}

/**
 * Draws a machine.
 *
 * @returns The text, with a line end.
 * @throws {InvalidOptionError} When the machine hears no event of a type that is to be left out.
 */
export async function drawMachine(name: MachineName, options: DrawOptions): Promise<string> {
  const { chartOf } = await import("../inspector/chart/chart_of.ts");
  const { overviewOf, withoutEvents } = await import("../inspector/chart/overview.ts");
  const whole = chartOf(await MACHINES[name]());
  const unknown = options.without.find((event) =>
    event === "" || !whole.transitions.some((transition) => transition.event === event)
  );
  if (unknown !== undefined) {
    throw new InvalidOptionError("without", unknown, `an event that the ${name} hears`);
  }
  const reduced = withoutEvents(whole, options.without);
  const chart = options.overview ? overviewOf(reduced) : reduced;
  if (options.format === "mermaid") {
    const { mermaidOf } = await import("../inspector/chart/mermaid.ts");
    return `${mermaidOf(chart)}\n`;
  }
  const { layoutOf } = await import("../inspector/chart/layout.ts");
  const { svgOf } = await import("../inspector/chart/svg.ts");
  return svgOf(chart, await layoutOf(chart, { badges: false }));
}
