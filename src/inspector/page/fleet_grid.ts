/**
 * The consumers as tiles: many at a glance, coloured and signed by the kind of their state.
 *
 * @module
 */

import { consumerWords } from "./consumer_numbers.ts";
import { make, setAttribute, setName, setShown, setText } from "./dom.ts";
import { troubleFirst } from "./fleet_order.ts";
import { type FleetRow, placeText } from "./fleet_rows.ts";
import type { Inspection } from "./inspection.ts";
import { KIND_LOOKS, kindOf, stateText } from "./kinds.ts";
import { ageText, countText, shortCountText } from "./words.ts";

/** More tiles than these take longer to draw than to scroll to: the tree shows them all. */
const TILES_MAX = 400;

/** After its user has moved over the tiles or pressed a key there, they keep their places for so long, in ms. */
const STILL_MS = 3_000;

interface Tile {
  readonly element: HTMLElement;
  readonly sign: HTMLElement;
  readonly name: HTMLElement;
  readonly state: HTMLElement;
  readonly numbers: HTMLElement;
}

/** The tiles. */
export class FleetGrid {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #list = make("div", {
    class: "grid",
    attributes: { role: "list", "aria-label": "Consumers" },
  });
  readonly #note = make("p", { class: "step muted" });
  readonly #inspection: Inspection;
  readonly #tiles: Tile[] = [];
  #rows: readonly FleetRow[] = [];
  #usedMs = -Infinity;

  /** @param inspection What is shown. */
  constructor(inspection: Inspection) {
    this.#inspection = inspection;
    this.element = make("div", { class: "grid-place", children: [this.#note, this.#list] });
    for (const what of ["pointermove", "keydown", "wheel"]) {
      this.#list.addEventListener(what, () => {
        this.#usedMs = performance.now();
      }, { passive: true });
    }
  }

  /** Shows consumers, those in trouble first. */
  show(rows: readonly FleetRow[]): void {
    this.#rows = this.#ordered(rows).slice(0, TILES_MAX);
    const shown = countText(TILES_MAX);
    setText(
      this.#note,
      `${shown} of ${countText(rows.length)}, those in trouble first: the tree has all.`,
    );
    setShown(this.#note, rows.length > TILES_MAX);
    while (this.#tiles.length < this.#rows.length) this.#tiles.push(this.#add());
    this.#tiles.forEach((tile, index) => {
      const row = this.#rows[index];
      tile.element.hidden = row === undefined;
      if (row !== undefined) this.#fill(tile, row);
    });
  }

  /** Nothing moves away from under who is about to choose it. */
  #ordered(rows: readonly FleetRow[]): readonly FleetRow[] {
    if (performance.now() - this.#usedMs > STILL_MS) return troubleFirst(rows, this.#inspection);
    const places = new Map(this.#rows.map(({ actor }, index) => [placeText(actor), index]));
    const placeOf = ({ actor }: FleetRow) => places.get(placeText(actor)) ?? places.size;
    return rows.toSorted((one, other) => placeOf(one) - placeOf(other));
  }

  #fill(tile: Tile, { actor, name }: FleetRow): void {
    const kind = kindOf(actor.state);
    const { lag, inFlight, exact } = consumerWords(this.#inspection, actor);
    const age = ageText(this.#inspection.momentMs - actor.sinceMs);
    setAttribute(tile.element, "class", `tile kind-${kind}`);
    setAttribute(tile.element, "aria-pressed", String(actor.id === this.#inspection.chosenId));
    const title = `${name}: ${stateText(actor.state)} for ${age}, ${exact}`;
    setAttribute(tile.element, "title", title);
    setText(tile.sign, KIND_LOOKS[kind].sign);
    setName(tile.name, name);
    setText(tile.state, `${stateText(actor.state)} ${age}`);
    const behind = lag === null ? "" : `lag ${shortCountText(lag)} · `;
    setText(tile.numbers, `${behind}${shortCountText(inFlight)} in flight`);
  }

  #add(): Tile {
    const [sign, name, state, numbers] = ["sign", "name", "state", "numbers"].map((each) =>
      make("span", { class: each })
    );
    if (!sign || !name || !state || !numbers) throw new TypeError("A tile has four parts");
    sign.setAttribute("aria-hidden", "true"); // the state says the same in words
    const index = this.#tiles.length;
    const element = make("button", {
      attributes: { type: "button" },
      children: [sign, name, state, numbers],
      click: () => {
        const row = this.#rows[index];
        if (row !== undefined) this.#inspection.choose(row.actor);
      },
    });
    this.#list.append(make("div", { attributes: { role: "listitem" }, children: [element] }));
    return { element, sign, name, state, numbers };
  }
}
