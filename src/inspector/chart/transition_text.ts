/**
 * A transition in words, the same in every drawing: `broker.read [somethingCame]`.
 *
 * @module
 */

import type { ChartTransition } from "./chart.ts";

/**
 * Says when a transition is taken: the event and the guard. One that comes after others of its event is taken
 * `[otherwise]`, which matters where they are not drawn in the order in which they are tried.
 *
 * @returns Such as `broker.read [somethingCame]` or `[demandIsZero]`; `at once` for one without event and guard.
 */
export function transitionText({ label, guard, otherwise }: ChartTransition): string {
  const condition = guard ?? (otherwise ? "otherwise" : null);
  if (condition === null) return label === "" ? "at once" : label;
  return label === "" ? `[${condition}]` : `${label} [${condition}]`;
}
