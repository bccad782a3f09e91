/**
 * What stands above the timeline: the moment that is shown, and buttons for another one and for more or less time.
 *
 * @module
 */

import { button, make } from "./dom.ts";

/** What the buttons do, and what stands between them. */
export interface TimelineHeader {
  /** What is moved. */
  readonly view: { zoom(factor: number): void; fit(): void };
  /** One step back or on. */
  readonly onStep: (towards: "past" | "future") => void;
  /** The moment that is shown. */
  readonly moment: HTMLElement;
  /** Returns to the present. */
  readonly live: HTMLElement;
  /** How much time is shown. */
  readonly span: HTMLElement;
}

/** Makes it. */
export function timelineHeader(
  { view, onStep, moment, live, span }: TimelineHeader,
): HTMLElement {
  const tool = (sign: string, how: { label: string; key: string; click: () => void }) =>
    button(sign, {
      click: how.click,
      attributes: {
        "aria-label": how.label,
        title: `${how.label} (${how.key})`,
        "aria-keyshortcuts": how.key,
      },
    });
  return make("header", {
    children: [
      make("h2", { text: "Timeline" }),
      moment,
      make("span", {
        class: "tools",
        children: [
          tool("◀", { label: "One step back", key: "←", click: () => onStep("past") }),
          tool("▶", { label: "One step on", key: "→", click: () => onStep("future") }),
          live,
          span,
          tool("−", { label: "Longer time", key: "-", click: () => view.zoom(1.6) }),
          tool("+", { label: "Shorter time", key: "+", click: () => view.zoom(1 / 1.6) }),
          tool("Fit", { label: "All that is kept", key: "0", click: () => view.fit() }),
        ],
      }),
    ],
  });
}
