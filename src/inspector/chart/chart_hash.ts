/**
 * A chart's hash: a name for one definition that is the same in every process, so that a chart is laid out and sent
 * once, however many machines of it run.
 *
 * @module
 */

import { createHash } from "node:crypto";
import type { Chart } from "./chart.ts";

/** Half of a SHA-256 is far more than the charts of a fleet need, and still fits on a line. */
const HEX_LENGTH = 32;

/**
 * Hashes a chart: its states, transitions, names and descriptions, and their order.
 *
 * @returns 32 hexadecimal digits.
 */
export function chartHash(chart: Chart): string {
  return createHash("sha256").update(JSON.stringify(facts(chart))).digest("hex").slice(
    0,
    HEX_LENGTH,
  );
}

/** Lists, not objects: the hash must not depend on the order in which somebody wrote the members down. */
function facts({ machine, states, transitions }: Chart): unknown {
  return [
    machine,
    states.map((each) => [
      ...[each.id, each.key, each.parent, each.type, each.description],
      ...[each.initial, each.entry, each.exit, each.invokes],
    ]),
    transitions.map((each) => [
      ...[each.id, each.source, each.targets, each.trigger, each.event, each.label],
      ...[each.guard, each.otherwise, each.actions, each.reenter],
    ]),
  ];
}
