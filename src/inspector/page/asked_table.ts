/**
 * A table whose rows are asked from the service while it is looked at: the answer of a moment ago, or why there is none.
 *
 * @module
 */

import { arrange, button, make, setAttribute, setShown, setText } from "./dom.ts";
import type { Inspection } from "./inspection.ts";
import type { Listing } from "./wire.ts";

/** How a table shows its rows. */
export interface AskedTableOptions<Row> {
  /** What it shows, such as `pending entries`. */
  readonly what: string;
  /** The names of its columns. */
  readonly columns: readonly string[];
  /** Asks for the rows; called at most each 2 s, and only while it can be seen. */
  readonly ask: () => Promise<Listing<Row>>;
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
  readonly #more = make("p", { class: "step muted" });
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
    this.element = make("div", {
      class: "asked scroll",
      children: [this.#empty, this.#more, this.#table],
    });
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

  async #ask(of: string): Promise<void> {
    this.#isAsking = true;
    try {
      const listing = await this.#options.ask();
      if (of === this.#of) this.#show(listing);
    } catch (error) {
      if (of === this.#of) this.#say(error instanceof Error ? error.message : "No answer");
    }
    this.#isAsking = false;
    this.#askedMs = performance.now();
  }

  #show({ lines, hasMore }: Listing<Row>): void {
    const { what } = this.#options;
    const keys = lines.map((line) => JSON.stringify(line));
    setShown(this.#table, lines.length > 0);
    setShown(this.#empty, lines.length === 0);
    setText(this.#empty, `No ${what}.`);
    setShown(this.#more, hasMore && lines.length > 0);
    setText(this.#more, `The oldest ${lines.length}: there are more ${what} behind them.`);
    const key = keys.join("\n");
    if (key === this.#shown) return;
    this.#shown = key;
    // A row that is as it was stays, with the button that somebody is just using.
    const before = this.#rows;
    this.#rows = new Map(lines.map((line, index) => {
      const own = keys[index] ?? "";
      return [own, before.get(own) ?? this.#rowOf(line)];
    }));
    arrange(this.#body, [...this.#rows.values()]);
  }

  #rowOf(line: Row): HTMLElement {
    const cells = this.#options.cells(line);
    return make("tr", { children: cells.map((cell) => make("td", { children: [cell] })) });
  }

  #say(text: string): void {
    setShown(this.#table, false);
    setShown(this.#more, false);
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

/** What a button says stays so long, in ms; a second click has to come as soon. */
const SAID_MS = 3_000;

/**
 * A button that says what became of its click.
 *
 * @param options `wantsTwo`: whether one click is not enough, because it does much at once.
 */
export function actingButton(
  text: string,
  act: () => Promise<string>,
  { wantsTwo = false }: { readonly wantsTwo?: boolean } = {},
): HTMLButtonElement {
  let state: "rests" | "armed" | "acts" = "rests";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (next: typeof state, said: string) => {
    state = next;
    setText(made, said);
    // Not disabled, which would take the focus from who uses keys.
    setAttribute(made, "aria-disabled", next === "acts" ? "true" : null);
    made.classList.toggle("armed", next === "armed");
  };
  const restLater = () => {
    clearTimeout(timer);
    timer = setTimeout(() => show("rests", text), SAID_MS);
  };
  const made = button(text, {
    click: async () => {
      if (state === "acts") return;
      if (wantsTwo && state === "rests") {
        show("armed", `${text}: sure?`);
        return restLater();
      }
      clearTimeout(timer);
      show("acts", text);
      const said = await act().catch((error: unknown) =>
        error instanceof Error ? error.message : "It could not be done"
      );
      show("acts", said);
      restLater();
    },
  });
  return made;
}
