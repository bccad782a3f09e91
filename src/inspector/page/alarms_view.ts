/**
 * The alarms: a button that counts them, and a list of them with what is wanted of each state. The title of the page can
 * say them too, for who works in another tab.
 *
 * @module
 */

import { type Alarm, alarmsOf, WATCHED_STATES, wishesOf } from "./alarms.ts";
import { arrange, button, make, setAttribute, setShown, setText } from "./dom.ts";
import type { ActorState } from "../format.ts";
import type { Inspection, View } from "./inspection.ts";
import { Pace } from "./pace.ts";
import { ageText, counted } from "./words.ts";

/** Where the wishes are kept. */
const WISHES_KEY = "tidemark-inspector-alarms";
const TITLE_KEY = "tidemark-inspector-title";

/** The least time from one drawing to the next, in ms. */
const INTERVAL_MS = 250;

/** So many are listed. */
const LISTED_MAX = 100;

/** The alarms. */
export class AlarmsView implements View {
  /** The button. */
  readonly element: HTMLButtonElement;
  /** What it opens. */
  readonly dialog: HTMLDialogElement;
  readonly #inspection: Inspection;
  readonly #pace: Pace;
  readonly #list = make("ul", { class: "alarms" });
  readonly #none = make("p", { class: "muted", text: "Nobody is in a state for too long." });
  #lines: ReadonlyMap<string, HTMLElement> = new Map();
  readonly #inTitle = make("input", { attributes: { type: "checkbox" } });

  /** @param inspection What is shown. */
  constructor(inspection: Inspection) {
    this.#inspection = inspection;
    inspection.wishes = wishesOf(localStorage.getItem(WISHES_KEY));
    this.#pace = new Pace(inspection, INTERVAL_MS);
    this.element = button("No alarms", {
      class: "alarm-button",
      click: () => this.dialog.showModal(),
      attributes: { "aria-live": "polite", "aria-haspopup": "dialog" },
    });
    this.#inTitle.checked = localStorage.getItem(TITLE_KEY) === "yes";
    this.#inTitle.addEventListener("change", () => {
      localStorage.setItem(TITLE_KEY, this.#inTitle.checked ? "yes" : "no");
      inspection.changed();
    });
    this.dialog = make("dialog", {
      attributes: { "aria-label": "Alarms" },
      children: [
        make("h2", { text: "Alarms" }),
        this.#none,
        this.#list,
        make("h3", { text: "A consumer may be in a state for so many seconds" }),
        make("div", {
          class: "wishes",
          children: WATCHED_STATES.map((state) => this.#wish(state)),
        }),
        make("label", {
          class: "check",
          children: [this.#inTitle, "Show alarms in the title of this tab"],
        }),
        make("form", {
          attributes: { method: "dialog" },
          children: [make("button", { text: "Close" })],
        }),
      ],
    });
  }

  /** {@linkcode View.render} */
  render(): void {
    const { recording, cursor, momentMs, fleet, wishes } = this.#inspection;
    const second = Math.floor(momentMs / 1_000);
    const key = [recording.version, cursor, second, JSON.stringify(wishes)].join(" ");
    if (!this.#pace.isDue(key)) return;
    const alarms = alarmsOf(fleet, wishes, momentMs);
    const count = alarms.length;
    setText(this.element, count === 0 ? "No alarms" : `⚠ ${counted(count, "alarm")}`);
    setAttribute(this.element, "data-count", String(count));
    setShown(this.#none, count === 0);
    const title = count > 0 && this.#inTitle.checked ? `(${count}) Alarm` : "Tidemark inspector";
    if (document.title !== title) document.title = title;
    if (this.dialog.open) this.#show(alarms, momentMs);
  }

  #show(alarms: readonly Alarm[], momentMs: number): void {
    const before = this.#lines;
    const shown = alarms.slice(0, LISTED_MAX);
    this.#lines = new Map(shown.map(({ actor }) => [
      actor.id,
      before.get(actor.id) ?? this.#lineOf(actor),
    ]));
    const lines = [...this.#lines.values()];
    shown.forEach(({ state, sinceMs }, index) => {
      const words = lines[index]?.lastElementChild;
      if (words) setText(words, ` ${state} for ${ageText(momentMs - sinceMs)}`);
    });
    arrange(this.#list, lines);
  }

  #lineOf(actor: ActorState): HTMLElement {
    const choose = () => {
      this.#inspection.choose(actor);
      this.dialog.close();
    };
    const name = actor.place?.consumer ?? actor.name;
    return make("li", { children: [button(name, { click: choose }), make("span")] });
  }

  #wish(state: string): HTMLElement {
    const input = make("input", {
      attributes: { type: "number", min: "0", max: "86400", placeholder: "any time" },
    });
    const seconds = this.#inspection.wishes[state];
    input.value = seconds === undefined ? "" : String(seconds);
    input.addEventListener("input", () => {
      const { [state]: _, ...others } = this.#inspection.wishes;
      const wanted = input.valueAsNumber;
      this.#inspection.wishes = Number.isFinite(wanted) && wanted >= 0
        ? { ...others, [state]: wanted }
        : others;
      localStorage.setItem(WISHES_KEY, JSON.stringify(this.#inspection.wishes));
      this.#inspection.changed();
    });
    return make("label", { children: [make("span", { text: state }), input] });
  }
}
