/**
 * The keys that work everywhere on the page, but for where somebody writes.
 *
 * @module
 */

/** What the keys do. */
export interface KeyActions {
  /** One step back or on; `ofAny` for any machine, otherwise the chosen one. */
  readonly step: (towards: "past" | "future", ofAny: boolean) => void;
  /** Back to the present. */
  readonly live: () => void;
  /** Shows a longer or shorter time. */
  readonly zoom: (factor: number) => void;
  /** Shows all time. */
  readonly fit: () => void;
  /** Leads to the filter of the log. */
  readonly filter: () => void;
  /** Shows what the keys are. */
  readonly help: () => void;
}

/** What the keys are, for people. */
export const KEY_WORDS: readonly (readonly [keys: string, does: string])[] = [
  ["← →", "One step back or on, of the machine that is chosen"],
  ["Shift ← →", "One step back or on, of any machine"],
  ["L or Esc", "Back to the present"],
  ["+ − 0", "Shorter time, longer time, all that is kept"],
  ["/", "Filter the log"],
  ["↑ ↓ Enter", "In the fleet: choose, open or close"],
  ["↑ ↓", "In log and sequence: the moment of the line before or after"],
  ["?", "These keys"],
];

/** Listens to them. */
export function listenToKeys(actions: KeyActions): void {
  document.addEventListener("keydown", (event) => {
    const { target, key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (target instanceof Element && target.closest("input, select, textarea, dialog") !== null) {
      if (key === "Escape" && target instanceof HTMLInputElement) target.blur();
      return;
    }
    if (key === "ArrowLeft") actions.step("past", shiftKey);
    else if (key === "ArrowRight") actions.step("future", shiftKey);
    else if (key === "l" || key === "L" || key === "Escape") actions.live();
    else if (key === "+" || key === "=") actions.zoom(1 / 1.6);
    else if (key === "-") actions.zoom(1.6);
    else if (key === "0") actions.fit();
    else if (key === "/") actions.filter();
    else if (key === "?") actions.help();
    else return;
    event.preventDefault();
  });
}
