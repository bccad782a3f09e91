/**
 * The left of the page: the fleet as a tree, with one line of why under each consumer, or as a grid of tiles.
 *
 * @module
 */

import { consumerWords, NUMBERS_TITLE } from "./consumer_numbers.ts";
import { button, make, setAttribute, setName, setShown, setText } from "./dom.ts";
import { FleetGrid } from "./fleet_grid.ts";
import { type FleetRow, fleetRows } from "./fleet_rows.ts";
import type { Inspection, View } from "./inspection.ts";
import { KIND_LOOKS, kindOf, stateText } from "./kinds.ts";
import { Pace } from "./pace.ts";
import { VirtualList } from "./virtual_list.ts";
import { ageText, counted } from "./words.ts";

/** Heights of lines, in px; the style sheet has the same. */
const CONSUMER_HEIGHT = 62;
const LINE_HEIGHT = 28;

/** The least time from one drawing to the next, in ms: twice as fast nobody reads. */
const INTERVAL_MS = 100;

/** The fleet. */
export class FleetView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #pace: Pace;
  readonly #list: VirtualList<FleetRow>;
  readonly #grid: FleetGrid;
  readonly #empty = make("p", { class: "empty" });
  readonly #count = make("span", { class: "muted" });
  readonly #buttons: Record<"tree" | "grid", HTMLButtonElement>;
  readonly #toggled = new Set<string>();
  #look: "tree" | "grid" = "tree";
  #toggleCount = 0;

  /** @param inspection What is shown. */
  constructor(inspection: Inspection) {
    this.#inspection = inspection;
    this.#pace = new Pace(inspection, INTERVAL_MS);
    this.#list = new VirtualList<FleetRow>({
      heightOf: ({ isConsumer }) => isConsumer ? CONSUMER_HEIGHT : LINE_HEIGHT,
      make: makeRow,
      fill: (line, row) => this.#fill(line, row),
      choose: ({ actor }) => this.#inspection.choose(actor),
      role: "tree",
      label: "Fleet",
    });
    this.#grid = new FleetGrid(inspection);
    this.#buttons = {
      tree: button("Tree", { click: () => this.#showAs("tree") }),
      grid: button("Grid", { click: () => this.#showAs("grid") }),
    };
    this.#list.element.addEventListener("keydown", (event) => this.#key(event));
    this.#list.element.addEventListener("click", (event) => {
      const twisty = event.target instanceof Element ? event.target.closest(".twisty") : null;
      const index = Number(twisty?.closest<HTMLElement>(".line")?.dataset.index ?? -1);
      const row = this.#list.items[index];
      if (row !== undefined) this.#toggle(row);
    });
    const { tree, grid } = this.#buttons;
    this.element = make("section", {
      class: "fleet panel",
      attributes: { "aria-label": "Fleet" },
      children: [
        make("header", {
          children: [
            make("h2", { text: "Fleet" }),
            this.#count,
            make("span", { class: "segmented", children: [tree, grid] }),
          ],
        }),
        this.#empty,
        this.#list.element,
        this.#grid.element,
      ],
    });
    this.#showAs("tree");
  }

  /** {@linkcode View.render} */
  render(): void {
    const { recording, cursor, chosenId, nowMs, statuses, connection } = this.#inspection;
    const second = Math.floor(nowMs / 1_000);
    const key = [recording.version, cursor, chosenId, second, this.#look, this.#toggleCount];
    const own = [statuses.last?.atMs, connection];
    if (!this.#pace.isDue([...key, ...own].join(" "), { atOnce: cursor !== null })) return;
    const fleet = this.#inspection.fleet;
    const rows = fleet === null ? [] : fleetRows(fleet, this.#toggled);
    const consumers = rows.filter(({ isConsumer }) => isConsumer);
    setText(this.#count, consumers.length === 0 ? "" : counted(consumers.length, "consumer"));
    setText(this.#empty, emptyWords(this.#inspection));
    setShown(this.#empty, rows.length === 0);
    setShown(this.#list.element, rows.length > 0 && this.#look === "tree");
    setShown(this.#grid.element, rows.length > 0 && this.#look === "grid");
    if (this.#look === "grid") this.#grid.show(consumers);
    else {
      this.#list.show(rows);
      const index = rows.findIndex(({ actor }) => actor.id === chosenId);
      this.#list.setActive(index < 0 ? null : index);
    }
  }

  #showAs(look: "tree" | "grid"): void {
    this.#look = look;
    this.element.dataset.look = look;
    for (const [name, each] of Object.entries(this.#buttons)) {
      setAttribute(each, "aria-pressed", String(name === look));
    }
    this.#inspection.changed();
  }

  #toggle({ actor }: FleetRow): void {
    if (!this.#toggled.delete(actor.id)) this.#toggled.add(actor.id);
    this.#toggleCount++;
    this.#inspection.changed();
  }

  /** Up and down choose, enter opens and closes: left and right are steps in time, here too. */
  #key(event: KeyboardEvent): void {
    const rows = this.#list.items;
    const index = rows.findIndex(({ actor }) => actor.id === this.#inspection.chosenId);
    const row = rows[index];
    const step =
      { ArrowDown: 1, ArrowUp: -1, Home: -index, End: rows.length - 1 - index }[event.key];
    if (step !== undefined) {
      const next = Math.min(rows.length - 1, Math.max(0, index + step));
      const found = rows[next];
      if (found === undefined) return;
      this.#inspection.choose(found.actor);
      this.#list.reveal(next);
    } else if (event.key === "Enter" && row !== undefined && row.childCount > 0) this.#toggle(row);
    else return;
    event.preventDefault();
  }

  #fill(line: HTMLElement, row: FleetRow): void {
    const { actor, isConsumer, level, childCount, isOpen } = row;
    const kind = kindOf(actor.state);
    const [twisty, sign, name, state, age, why, numbers] = line.querySelectorAll("[data-part]");
    if (!twisty || !sign || !name || !state || !age || !why || !numbers) return;
    setAttribute(line, "class", `line row ${isConsumer ? "consumer" : "other"} kind-${kind}`);
    setAttribute(line, "data-actor", actor.id);
    setAttribute(line, "data-state", stateText(actor.state));
    setAttribute(line, "data-level", String(Math.min(level, 6)));
    setAttribute(line, "aria-level", String(level));
    setAttribute(line, "aria-posinset", String(row.position));
    setAttribute(line, "aria-setsize", String(row.siblingCount));
    setAttribute(line, "aria-selected", String(actor.id === this.#inspection.chosenId));
    setAttribute(line, "aria-expanded", childCount > 0 ? String(isOpen) : null);
    setText(twisty, childCount === 0 ? "" : isOpen ? "▾" : "▸");
    setText(sign, KIND_LOOKS[kind].sign);
    setAttribute(sign, "title", KIND_LOOKS[kind].name);
    setName(name, row.name);
    setAttribute(
      name,
      "title",
      isConsumer ? `${row.name}, ${actor.place?.stream} / ${actor.place?.group}` : row.name,
    );
    setText(state, stateText(actor.state));
    setText(age, ageText(this.#inspection.momentMs - actor.sinceMs));
    const words = isConsumer
      ? consumerWords(this.#inspection, actor)
      : { why: "", numbers: "", exact: "" };
    setText(why, words.why === "" && isConsumer ? placeLine(row) : words.why);
    setAttribute(why, "title", words.why);
    setText(numbers, words.numbers);
    setAttribute(numbers, "title", isConsumer ? `${words.exact}\n${NUMBERS_TITLE}` : null);
  }
}

function placeLine({ actor: { place } }: FleetRow): string {
  return place === null ? "" : `${place.stream} / ${place.group}`;
}

function makeRow(): HTMLElement {
  const part = (name: string, tag: "span" | "div" = "span") =>
    make(tag, { class: name, attributes: { "data-part": name } });
  const [twisty, sign] = [part("twisty"), part("sign")];
  // The state says the same in words.
  for (const each of [twisty, sign]) each.setAttribute("aria-hidden", "true");
  return make("div", {
    attributes: { role: "treeitem" },
    children: [
      make("div", {
        class: "first",
        children: [twisty, sign, part("name"), part("state"), part("age")],
      }),
      part("why", "div"),
      part("numbers", "div"),
    ],
  });
}

/** What stands where there is nothing to show. */
function emptyWords({ connection, origin, recording, cursor }: Inspection): string {
  if (cursor !== null && recording.fleet !== null) {
    return "What the fleet was at this moment is not known: frames are missing here.";
  }
  if (origin === "file") return "This session has no fleet.";
  if (connection === "live") return "No machine runs here yet. As soon as one does, it appears.";
  if (connection === "connecting") return "Connecting…";
  if (connection === "waiting") {
    return "No process to look at yet. One that was started with --inspect appears here by itself.";
  }
  if (connection === "locked") return "Enter a token to see the fleet.";
  return "Nothing was seen of this process.";
}
