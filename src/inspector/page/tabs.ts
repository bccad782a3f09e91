/**
 * Parts of the page of which one is seen at a time, used by keys as tabs are: left and right choose.
 *
 * @module
 */

import { button, make, setAttribute, setShown } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";

/** A part. */
export interface Tab {
  /** Its name in the page, such as `log`. */
  readonly id: string;
  /** Its name for people. */
  readonly label: string;
  /** What shows it. */
  readonly view: View & { readonly element: HTMLElement };
}

/** The parts. */
export class Tabs implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #tabs: readonly Tab[];
  readonly #buttons: HTMLButtonElement[];
  readonly #panels: HTMLElement[];
  #shown = "";

  /** @param tabs The first one is shown. */
  constructor(inspection: Inspection, tabs: readonly Tab[]) {
    this.#inspection = inspection;
    this.#tabs = tabs;
    this.#buttons = tabs.map(({ id, label }) =>
      button(label, {
        click: () => this.show(id),
        attributes: { role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}` },
      })
    );
    this.#panels = tabs.map(({ id, view }) =>
      make("div", {
        class: "tab-panel",
        attributes: { role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}` },
        children: [view.element],
      })
    );
    const list = make("div", {
      class: "tabs",
      attributes: { role: "tablist", "aria-label": "About the chosen machine" },
      children: this.#buttons,
    });
    list.addEventListener("keydown", (event) => this.#key(event));
    this.element = make("section", {
      class: "side panel",
      attributes: { "aria-label": "Details" },
      children: [list, ...this.#panels],
    });
    this.show(tabs[0]?.id ?? "");
  }

  /** Shows one. */
  show(id: string): void {
    this.#shown = id;
    this.#tabs.forEach((tab, index) => {
      const isShown = tab.id === id;
      const [each, panel] = [this.#buttons[index], this.#panels[index]];
      if (each === undefined || panel === undefined) return;
      setAttribute(each, "aria-selected", String(isShown));
      setAttribute(each, "tabindex", isShown ? "0" : "-1");
      setShown(panel, isShown);
    });
    this.#inspection.changed();
  }

  /** {@linkcode View.render} */
  render(): void {
    for (const { view } of this.#tabs) view.render();
  }

  #key(event: KeyboardEvent): void {
    const from = this.#tabs.findIndex(({ id }) => id === this.#shown);
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -from, End: -1 - from }[event.key];
    if (step === undefined) return;
    const next = (from + step + this.#tabs.length) % this.#tabs.length;
    this.show(this.#tabs[next]?.id ?? "");
    this.#buttons[next]?.focus();
    event.preventDefault();
    event.stopPropagation();
  }
}
