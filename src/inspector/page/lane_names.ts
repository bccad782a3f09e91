/**
 * The names beside the lanes of the timeline, each of which chooses its machine.
 *
 * @module
 */

import { button, make, setName } from "./dom.ts";
import type { Lane } from "./lanes.ts";
import { shortNames } from "./short_names.ts";

/** The names. */
export class LaneNames {
  /** The part of the page. */
  readonly element = make("div", { class: "lane-names" });
  readonly #choose: (id: string) => void;
  #key = "";

  /** @param choose Chooses an actor by its id. */
  constructor(choose: (id: string) => void) {
    this.#choose = choose;
  }

  /** Shows those of these lanes. @returns Whether they are others than before. */
  show(lanes: readonly Lane[], chosenId: string | null): boolean {
    const key = `${chosenId} ${lanes.map((lane) => lane.key).join("\n")}`;
    if (key === this.#key) return false;
    this.#key = key;
    const names = shortNames(
      lanes.map(({ name, where }) => ({ name, within: where.split(" / ").filter(Boolean) })),
    );
    this.element.replaceChildren(
      make("div", { class: "lane-axis" }),
      ...lanes.map((lane, index) => this.#button(names[index] ?? lane.name, { lane, chosenId })),
    );
    return true;
  }

  #button(
    name: string,
    { lane, chosenId }: { readonly lane: Lane; readonly chosenId: string | null },
  ): HTMLButtonElement {
    const made = button("", {
      class: "lane-name",
      click: () => this.#choose(lane.actor),
      attributes: {
        title: lane.where === "" ? lane.name : `${lane.name}, ${lane.where}`,
        "aria-pressed": String(lane.actor === chosenId),
        // The tree leads to the same machines by keys.
        tabindex: "-1",
      },
    });
    setName(made, name);
    return made;
  }
}
