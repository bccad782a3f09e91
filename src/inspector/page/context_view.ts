/**
 * What the actor that was chosen remembers at the moment that is shown, with what its last step changed marked, and what
 * it waits for.
 *
 * @module
 */

import type { ActorState, Frame } from "../format.ts";
import { nextFrame } from "../timeline.ts";
import { make, setShown, setText } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import { Pace } from "./pace.ts";
import { pendingTimers } from "./pending_timers.ts";
import { clockText, durationText } from "./words.ts";

/** The least time from one drawing to the next, in ms. */
const INTERVAL_MS = 120;

/** The context. */
export class ContextView implements View {
  /** The part of the page. */
  readonly element = make("div", { class: "context scroll" });
  readonly #inspection: Inspection;
  readonly #pace: Pace;
  readonly #empty = make("p", { class: "empty" });
  readonly #step = make("p", { class: "step muted" });
  readonly #table = make("dl", { class: "values" });
  readonly #timers = make("dl", { class: "values timers" });
  readonly #timersTitle = make("h3", { text: "Waits for" });
  readonly #rows = new Map<
    string,
    { readonly row: HTMLElement; readonly value: HTMLElement; readonly was: HTMLElement }
  >();

  /** The names of the rows, in their order. */
  #order = "";

  /** @param inspection What is shown. */
  constructor(inspection: Inspection) {
    this.#inspection = inspection;
    this.#pace = new Pace(inspection, INTERVAL_MS);
    this.element.append(this.#empty, this.#step, this.#table, this.#timersTitle, this.#timers);
  }

  /** {@linkcode View.render} */
  render(): void {
    if (this.element.closest("[hidden]") !== null) return;
    const { recording, chosen, chosenId, cursor, seq, momentMs } = this.#inspection;
    const second = Math.floor(momentMs / 1_000);
    const key = [recording.version, cursor, chosenId, second].join(" ");
    if (!this.#pace.isDue(key, { atOnce: cursor !== null })) return;
    setShown(this.#empty, chosen === null || Object.keys(chosen.context).length === 0);
    setText(
      this.#empty,
      chosen === null
        ? "Choose a machine to see what it remembers."
        : "It remembers nothing that may be shown.",
    );
    const frame = chosen === null
      ? null
      : nextFrame(recording, { seq: seq + 1, actor: chosen.id, towards: "past" });
    setShown(this.#step, frame !== null);
    if (frame !== null) setText(this.#step, stepWords(frame));
    this.#showValues(chosen, frame);
    this.#showTimers(chosen);
  }

  #showValues(chosen: ActorState | null, frame: Frame | null): void {
    const changed = frame?.type === "transition" ? frame.changed : {};
    const names = Object.keys(chosen?.context ?? {});
    for (const [name, { row }] of this.#rows) {
      if (names.includes(name)) continue;
      row.remove();
      this.#rows.delete(name);
    }
    const order = names.join("\n");
    if (order !== this.#order) this.#table.append(...names.map((name) => this.#rowOf(name).row));
    this.#order = order;
    for (const name of names) {
      const { row, value, was } = this.#rowOf(name);
      const pair = Object.hasOwn(changed, name) ? changed[name] : undefined;
      setText(value, valueText(chosen?.context[name]));
      setText(was, pair === undefined ? "" : `was ${valueText(pair[0])}`);
      row.classList.toggle("changed", pair !== undefined);
    }
  }

  #rowOf(name: string) {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const value = make("span", { class: "value" });
    const was = make("span", { class: "was" });
    const row = make("div", {
      class: "pair",
      attributes: { "data-name": name },
      children: [make("dt", { text: name }), make("dd", { children: [value, was] })],
    });
    const made = { row, value, was };
    this.#rows.set(name, made);
    return made;
  }

  #showTimers(chosen: ActorState | null): void {
    const timers = chosen === null ? [] : pendingTimers(chosen, this.#inspection.status);
    const { momentMs } = this.#inspection;
    setShown(this.#timersTitle, timers.length > 0);
    this.#timers.replaceChildren(...timers.map(({ what, dueAtMs }) => {
      const leftMs = dueAtMs - momentMs;
      const left = leftMs <= 0 ? "now" : `in ${durationText(leftMs)}`;
      return make("div", {
        class: "pair",
        children: [
          make("dt", { text: what }),
          make("dd", { text: `${left}, at ${clockText(dueAtMs)}` }),
        ],
      });
    }));
  }
}

/** A single value as it is written in a program: a text can be told from a number. */
export function valueText(value: unknown): string {
  return value === undefined ? "–" : JSON.stringify(value);
}

function stepWords(frame: Frame): string {
  if (frame.type === "started") return `As it was when it started, at ${clockText(frame.atMs)}`;
  if (frame.type === "ended") return `As it was when it ended, at ${clockText(frame.atMs)}`;
  return `After ${frame.event.type}, at ${clockText(frame.atMs)}`;
}
