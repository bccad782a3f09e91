/**
 * Every frame as a line, with filters. A line is also a way to its moment.
 *
 * @module
 */

import { actorOf } from "../timeline.ts";
import type { ActorNames } from "./actor_names.ts";
import { valueText } from "./context_view.ts";
import { make, setAttribute, setName, setShown, setText } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import { KIND_LOOKS, kindOf, stateText } from "./kinds.ts";
import { eventOf, isFailure, type LogFilter, matcherOf } from "./log_filter.ts";
import { listenToLineKeys } from "./line_keys.ts";
import { LogLines } from "./log_lines.ts";
import { Pace } from "./pace.ts";
import { isBreak, type LogEntry } from "./recording.ts";
import { VirtualList } from "./virtual_list.ts";
import { clockText, counted } from "./words.ts";

/** The height of a line, in px; the style sheet has the same. */
const LINE_HEIGHT = 40;

/** The least time from one drawing to the next, in ms. */
const INTERVAL_MS = 120;

/** Stands for the present, which goes on. */
const NO_MOMENT = -2;

/** The log. */
export class LogView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #names: ActorNames;
  readonly #pace: Pace;
  readonly #lines = new LogLines();
  readonly #list: VirtualList<LogEntry>;
  readonly #empty = make("p", { class: "empty" });
  readonly #count = make("output", { class: "muted count", attributes: { "aria-live": "off" } });
  readonly #text = field("search", "Text, such as a consumer's name");
  readonly #event = field("text", "Event");
  readonly #state = field("text", "State");
  readonly #own = make("input", { attributes: { type: "checkbox", id: "log-own" } });
  readonly #errors = make("input", { attributes: { type: "checkbox", id: "log-errors" } });
  #filterKey = "";
  #shownSeq = NO_MOMENT;

  /** @param names What actors are called. */
  constructor(inspection: Inspection, names: ActorNames) {
    this.#inspection = inspection;
    this.#names = names;
    this.#pace = new Pace(inspection, INTERVAL_MS);
    this.#list = new VirtualList<LogEntry>({
      heightOf: LINE_HEIGHT,
      make: makeLine,
      fill: (line, entry) => this.#fill(line, entry),
      choose: (entry) => this.#goTo(entry),
      role: "listbox",
      label: "Transitions",
    });
    const choose = (entry: LogEntry) => this.#goTo(entry);
    listenToLineKeys(inspection, this.#list, { seqOf: ({ seq }) => seq, choose });
    inspection.onLines((lines) => {
      names.take(lines, inspection.recording.fleet);
      this.#lines.take(inspection.recording, lines);
    });
    this.#text.id = "log-text";
    const fields = [this.#text, this.#event, this.#state, this.#own, this.#errors];
    for (const each of fields) each.addEventListener("input", () => inspection.changed());
    this.element = make("div", {
      class: "log",
      children: [
        make("form", {
          class: "filters",
          attributes: { role: "search", "aria-label": "Filters of the log" },
          children: [
            this.#text,
            this.#event,
            this.#state,
            labelled(this.#own, "chosen only"),
            labelled(this.#errors, "errors only"),
            this.#count,
          ],
        }),
        this.#empty,
        this.#list.element,
      ],
    });
    this.element.querySelector("form")?.addEventListener(
      "submit",
      (event) => event.preventDefault(),
    );
  }

  /** The field that a key leads to. */
  focusFilter(): void {
    this.#text.focus();
    this.#text.select();
  }

  /** Another recording. */
  reset(): void {
    this.#filterKey = "";
  }

  /** {@linkcode View.render} */
  render(): void {
    if (this.element.closest("[hidden]") !== null) return;
    const { recording, cursor, seq } = this.#inspection;
    const filter = this.#filter();
    const filterKey = JSON.stringify(filter);
    const isOther = filterKey !== this.#filterKey;
    if (isOther) {
      this.#filterKey = filterKey;
      this.#lines.filter(recording, matcherOf(filter, (id) => this.#names.of(id)));
    }
    const key = [recording.version, cursor, filterKey].join(" ");
    if (!this.#pace.isDue(key, { atOnce: isOther || cursor !== null })) return;
    const { lines } = this.#lines;
    const returns = this.#shownSeq !== NO_MOMENT;
    const toEnd = cursor === null && (isOther || returns || this.#list.isAtEnd);
    setShown(this.#empty, lines.length === 0);
    const isFiltered = recording.frames.length > 0;
    setText(
      this.#empty,
      isFiltered ? "No transition fits these filters." : "Nothing has happened yet.",
    );
    const all = recording.frames.length;
    const shown = lines.length >= all
      ? counted(all, "frame")
      : `${lines.length} of ${counted(all, "frame")}`;
    setText(this.#count, shown);
    this.#list.show(lines, { toEnd });
    if (cursor !== null && seq !== this.#shownSeq) {
      this.#list.reveal(Math.max(0, this.#lines.indexAt(seq)));
    }
    this.#list.setActive(cursor === null ? null : this.#lines.indexAt(seq));
    this.#shownSeq = cursor === null ? NO_MOMENT : seq;
  }

  #filter(): LogFilter {
    return {
      actor: this.#own.checked ? this.#inspection.chosenId : null,
      event: this.#event.value.trim(),
      state: this.#state.value.trim(),
      errorsOnly: this.#errors.checked,
      text: this.#text.value.trim(),
    };
  }

  #goTo(entry: LogEntry): void {
    if (!isBreak(entry)) this.#inspection.chooseId(actorOf(entry));
    this.#inspection.goTo(entry.seq);
  }

  #fill(line: HTMLElement, entry: LogEntry): void {
    const { cursor } = this.#inspection;
    const [time, sign, who, what, change, more] = line.querySelectorAll("[data-part]");
    if (!time || !sign || !who || !what || !change || !more) return;
    const isPast = cursor === null || entry.seq <= cursor;
    const place = entry.seq === cursor ? " now" : isPast ? "" : " future";
    setAttribute(line, "data-seq", String(entry.seq));
    setAttribute(line, "aria-selected", String(entry.seq === cursor));
    setText(time, clockText(entry.atMs));
    if (isBreak(entry)) {
      setAttribute(line, "class", `line entry break${place}`);
      setText(sign, "⋯");
      setName(who, entry.type === "gap" ? "Gap" : "Restart");
      setText(what, "");
      setText(change, entry.type === "gap" ? `${counted(entry.count, "frame")} missing` : "");
      setText(
        more,
        entry.type === "gap" ? "More happened than could be shown" : "The process began anew",
      );
      return;
    }
    const state = entry.type === "transition" ? entry.to : entry.actor.state;
    const kind = kindOf(state);
    const failed = isFailure(entry) ? " failure" : "";
    setAttribute(line, "class", `line entry kind-${kind}${place}${failed}`);
    setText(sign, KIND_LOOKS[kind].sign);
    setName(who, this.#names.of(actorOf(entry)));
    setAttribute(who, "title", who.textContent);
    setText(what, eventOf(entry));
    setText(change, changeWords(entry));
    setText(more, moreWords(entry));
  }
}

function changeWords(entry: Exclude<LogEntry, { readonly count: number }>): string {
  if (entry.type !== "transition") return stateText(entry.actor.state);
  const [from, to] = [stateText(entry.from), stateText(entry.to)];
  if (from !== to) return `${from} → ${to}`;
  return entry.edges.length === 0 ? `${to}, ignored` : to;
}

/** What the event said, or what it changed. */
function moreWords(entry: Exclude<LogEntry, { readonly count: number }>): string {
  if (entry.type === "ended") return entry.message ?? "";
  if (entry.type === "started") return "";
  const data = Object.entries(entry.event.data).filter(([name]) => name !== "request");
  const changed = Object.entries(entry.changed).filter(([name]) => name !== "request");
  const said = data.map(([name, value]) => `${name} ${valueText(value)}`);
  const became = changed.map(([name, [, after]]) => `${name} = ${valueText(after)}`);
  return (said.length > 0 ? said : became).join(", ");
}

function field(type: string, label: string): HTMLInputElement {
  return make("input", {
    attributes: {
      type,
      placeholder: label,
      "aria-label": label,
      autocomplete: "off",
      spellcheck: "false",
    },
  });
}

function labelled(input: HTMLInputElement, text: string): HTMLLabelElement {
  return make("label", { class: "check", children: [input, text] });
}

function makeLine(): HTMLElement {
  const part = (name: string) => make("span", { class: name, attributes: { "data-part": name } });
  const [first, second] = [["time", "sign", "who", "what"], ["change", "more"]];
  return make("div", {
    attributes: { role: "option" },
    children: [
      make("div", { class: "first", children: first.map(part) }),
      make("div", { class: "second", children: second.map(part) }),
    ],
  });
}
