/**
 * A table whose rows are asked from the service while it is looked at: the answer of a moment ago, or why there is none.
 *
 * @module
 */

import { arrange, button, make, setAttribute, setShown, setText } from "./dom.ts";
import type { Inspection } from "./inspection.ts";
import { StillRows } from "./still_rows.ts";
import type { Listing } from "./wire.ts";

/** How a table shows its rows. */
export interface AskedTableOptions<Row> {
  /** What it shows, such as `pending entries`. */
  readonly what: string;
  /** Which come first. */
  readonly order: "oldest" | "newest";
  /** The names of its columns. */
  readonly columns: readonly string[];
  /** Asks for the rows behind one, `null` for the first; called at most each 2 s, and only while it can be seen. */
  readonly ask: (after: string | null) => Promise<Listing<Row>>;
  /** The cells of a row. */
  readonly cells: (row: Row) => readonly (string | Node)[];
}

/** Asked again so soon, in ms: each time costs the broker a call. */
const AGAIN_MS = 2_000;

/** A table. */
export class AskedTable<Row> {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #options: AskedTableOptions<Row>;
  readonly #body = make("tbody");
  readonly #table: HTMLTableElement;
  readonly #empty = make("p", { class: "empty" });
  readonly #part = make("span");
  readonly #back: HTMLButtonElement;
  readonly #onward: HTMLButtonElement;
  readonly #parts: HTMLElement;
  readonly #still: StillRows;
  /** Behind which rows the parts before this one began, and this one; none for the first. */
  #places: string[] = [];
  #next: string | null = null;
  #of = "";
  #askedMs = -Infinity;
  #isAsking = false;
  #shown = "";
  /** Rows by what they show. */
  #rows: ReadonlyMap<string, HTMLElement> = new Map();

  /** @param options What it shows. */
  constructor(inspection: Inspection, options: AskedTableOptions<Row>) {
    this.#inspection = inspection;
    this.#options = options;
    const heads = options.columns.map((text) => make("th", { text, attributes: { scope: "col" } }));
    this.#table = make("table", {
      children: [make("thead", { children: [make("tr", { children: heads })] }), this.#body],
    });
    const [first, other] = options.order === "newest" ? ["Newer", "Older"] : ["Older", "Newer"];
    this.#back = button(first, { click: () => this.#turn("back") });
    this.#onward = button(other, { click: () => this.#turn("onward") });
    this.#parts = make("div", {
      class: "step parts",
      children: [this.#part, this.#back, this.#onward],
    });
    this.element = make("div", {
      class: "asked scroll",
      children: [this.#empty, this.#table, this.#parts],
    });
    this.#still = new StillRows(this.element, this.#body);
  }

  /** Asks again where it is time. @param of Whose rows they are; of another one they are asked at once, `null` for nobody. */
  render(of: string | null): void {
    const { origin, cursor, connection } = this.#inspection;
    if (origin === "file") {
      return this.#say("A session file does not hold this: it is asked from the broker.");
    }
    if (of === null) return this.#say(`Choose a consumer to see its ${this.#options.what}.`);
    if (connection !== "live") return this.#say("Not connected.");
    if (of !== this.#of) {
      this.#of = of;
      this.#places = [];
      this.#next = null;
      this.#askedMs = -Infinity;
      this.#clear();
      this.#say("Loading…");
    }
    // The broker knows the present only.
    this.element.classList.toggle("present", cursor !== null);
    if (this.#isAsking || performance.now() - this.#askedMs < AGAIN_MS) return;
    void this.#ask(of);
  }

  /** Asks again at the next chance. */
  refresh(): void {
    this.#askedMs = -Infinity;
    this.#inspection.changed();
  }

  /** Shows another part, as soon as it is there. */
  #turn(way: "back" | "onward"): void {
    if (way === "back") this.#places.pop();
    else if (this.#next !== null) this.#places.push(this.#next);
    this.#next = null;
    this.element.scrollTop = 0;
    this.refresh();
  }

  async #ask(of: string): Promise<void> {
    const after = this.#places.at(-1) ?? null;
    const isMeant = () => of === this.#of && after === (this.#places.at(-1) ?? null);
    this.#isAsking = true;
    try {
      const listing = await this.#options.ask(after);
      if (isMeant()) this.#show(listing);
    } catch (error) {
      if (isMeant()) this.#say(error instanceof Error ? error.message : "No answer");
    }
    this.#isAsking = false;
    // Who has turned to another part meanwhile has it asked at once.
    this.#askedMs = isMeant() ? performance.now() : -Infinity;
    if (!isMeant()) this.#inspection.changed();
  }

  #show({ lines, next }: Listing<Row>): void {
    const { what } = this.#options;
    const keys = lines.map((line) => JSON.stringify(line));
    this.#next = next;
    setShown(this.#table, lines.length > 0);
    setShown(this.#empty, lines.length === 0);
    const isAll = this.#places.length === 0 && next === null;
    setText(this.#empty, `No ${what}${isAll ? "" : " here"}.`);
    this.#showParts(lines.length);
    const key = keys.join("\n");
    if (key === this.#shown) return;
    this.#shown = key;
    // A row that is as it was stays, with the button that somebody is just using.
    const before = this.#rows;
    this.#rows = new Map(lines.map((line, index) => {
      const own = keys[index] ?? "";
      return [own, before.get(own) ?? this.#rowOf(line)];
    }));
    this.#still.keep(() => arrange(this.#body, [...this.#rows.values()]));
  }

  /** Where there is more than one part: which one it is, and the ways to the others. */
  #showParts(count: number): void {
    const { what, order } = this.#options;
    const isFirst = this.#places.length === 0;
    const onward = order === "newest" ? "older" : "newer";
    const part = isFirst ? `The ${order} ${count}` : `Part ${this.#places.length + 1}`;
    const end = this.#next === null ? `no ${onward} ones` : `there are ${onward} ${what}`;
    setText(this.#part, `${count === 0 ? "None here" : part}: ${end}.`);
    setShown(this.#parts, !isFirst || this.#next !== null);
    // Not disabled, nor hidden, which would take the focus from who uses keys.
    setAttribute(this.#back, "aria-disabled", isFirst ? "true" : null);
    setAttribute(this.#onward, "aria-disabled", this.#next === null ? "true" : null);
  }

  #rowOf(line: Row): HTMLElement {
    const cells = this.#options.cells(line);
    return make("tr", { children: cells.map((cell) => make("td", { children: [cell] })) });
  }

  #say(text: string): void {
    setShown(this.#table, false);
    setShown(this.#parts, false);
    setShown(this.#empty, true);
    setText(this.#empty, text);
  }

  /** Rows of another one are not kept, also where they look alike. */
  #clear(): void {
    this.#shown = "";
    this.#rows = new Map();
    this.#body.replaceChildren();
  }
}
