/**
 * The events that the machine that was chosen would hear at the moment that is shown, and what it would do.
 *
 * @module
 */

import { transitionText } from "../chart/transition_text.ts";
import { acceptedEvents } from "./active_states.ts";
import { make } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import { stateText } from "./kinds.ts";

/** The events. */
export class EventsView implements View {
  /** The part of the page. */
  readonly element = make("div", { class: "events scroll" });
  readonly #inspection: Inspection;
  #key = "";

  /** @param inspection What is shown. */
  constructor(inspection: Inspection) {
    this.#inspection = inspection;
  }

  /** {@linkcode View.render} */
  render(): void {
    if (this.element.closest("[hidden]") !== null) return;
    const { chosen, chart } = this.#inspection;
    const key = `${chart?.hash} ${chosen === null ? "" : stateText(chosen.state)}`;
    if (key === this.#key) return;
    this.#key = key;
    if (chosen === null || chart === null) {
      this.element.replaceChildren(
        make("p", { class: "empty", text: "Choose a machine to see what it would hear." }),
      );
      return;
    }
    const keyOf = (id: string) => chart.chart.states.find((state) => state.id === id)?.key ?? id;
    const events = acceptedEvents(chart.chart, chosen.state);
    this.element.replaceChildren(
      make("p", { class: "muted step", text: `In ${stateText(chosen.state)} it hears:` }),
      ...events.map(({ event, transitions }) =>
        make("div", {
          class: "accepted",
          attributes: { "data-event": event },
          children: [
            make("h3", { text: event }),
            ...transitions.map((each) => {
              const to = each.targets.length === 0
                ? "stays"
                : `→ ${each.targets.map(keyOf).join(", ")}`;
              const guard = transitionText(each).slice(event.length).trim();
              const does = each.actions.length === 0 ? "" : each.actions.join(", ");
              return make("p", {
                children: [
                  make("span", { class: "to", text: to }),
                  make("span", { class: "guard", text: guard }),
                  make("span", { class: "muted", text: does }),
                ],
              });
            }),
          ],
        })
      ),
      ...events.length > 0
        ? []
        : [make("p", { class: "empty", text: "Nothing: this state is an end." })],
    );
  }
}
