/**
 * A table whose rows are asked from the service while it is looked at: the answer of a moment ago, or why there is none.
 *
 * @module
 */

import { button, make, setShown, setText } from "./dom.ts";
import type { Inspection } from "./inspection.ts";

/** How a table shows its rows. */
export interface AskedTableOptions<Row> {
  /** What it shows, such as `pending entries`. */
  readonly what: string;
  /** The names of its columns. */
  readonly columns: readonly string[];
  /** Asks for the rows; called at most each 2 s, and only while it can be seen. */
  readonly ask: () => Promise<readonly Row[]>;
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
  #of = "";
  #askedMs = -Infinity;
  #isAsking = false;
  #shown = "";

  /** @param options What it shows. */
  constructor(inspection: Inspection, options: AskedTableOptions<Row>) {
    this.#inspection = inspection;
    this.#options = options;
    const heads = options.columns.map((text) => make("th", { text, attributes: { scope: "col" } }));
    this.#table = make("table", {
      children: [make("thead", { children: [make("tr", { children: heads })] }), this.#body],
    });
    this.element = make("div", { class: "asked scroll", children: [this.#empty, this.#table] });
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
      this.#askedMs = -Infinity;
      this.#shown = "";
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

  async #ask(of: string): Promise<void> {
    this.#isAsking = true;
    try {
      const rows = await this.#options.ask();
      if (of === this.#of) this.#show(rows);
    } catch (error) {
      if (of === this.#of) this.#say(error instanceof Error ? error.message : "No answer");
    }
    this.#isAsking = false;
    this.#askedMs = performance.now();
  }

  #show(rows: readonly Row[]): void {
    const key = JSON.stringify(rows);
    setShown(this.#table, rows.length > 0);
    setShown(this.#empty, rows.length === 0);
    setText(this.#empty, `No ${this.#options.what}.`);
    if (key === this.#shown) return;
    this.#shown = key;
    this.#body.replaceChildren(...rows.map((row) =>
      make("tr", {
        children: this.#options.cells(row).map((cell) => make("td", { children: [cell] })),
      })
    ));
  }

  #say(text: string): void {
    setShown(this.#table, false);
    setShown(this.#empty, true);
    setText(this.#empty, text);
    this.#shown = "";
  }
}

/** A button that says what became of its click. */
export function actingButton(text: string, act: () => Promise<string>): HTMLButtonElement {
  const made = button(text, {
    click: async () => {
      made.disabled = true;
      const said = await act().catch((error: unknown) =>
        error instanceof Error ? error.message : "It could not be done"
      );
      setText(made, said);
      setTimeout(() => {
        setText(made, text);
        made.disabled = false;
      }, 3_000);
    },
  });
  return made;
}
