/**
 * The sequence view: who told whom, line by line, for the consumer that was chosen.
 *
 * @module
 */

import type { Place } from "../format.ts";
import { actorOf } from "../timeline.ts";
import type { ActorNames } from "./actor_names.ts";
import { make, setAttribute, setShown, setText } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import { listenToLineKeys } from "./line_keys.ts";
import { Pace } from "./pace.ts";
import { isBreak, type LogEntry } from "./recording.ts";
import { belongsTo, PARTIES, type SequenceLine, sequenceLine } from "./sequence.ts";
import { VirtualList } from "./virtual_list.ts";
import { clockText } from "./words.ts";

/** The height of a line, in px; the style sheet has the same. */
const LINE_HEIGHT = 30;

/** The least time from one drawing to the next, in ms. */
const INTERVAL_MS = 150;

/** The sequence. */
export class SequenceView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #names: ActorNames;
  readonly #pace: Pace;
  readonly #list: VirtualList<SequenceLine>;
  readonly #empty = make("p", { class: "empty" });
  #lines: SequenceLine[] = [];
  #of: string | null = null;
  #wasPast = false;
  #place: Place | null = null;

  /** @param names What is known of actors. */
  constructor(inspection: Inspection, names: ActorNames) {
    this.#inspection = inspection;
    this.#names = names;
    this.#pace = new Pace(inspection, INTERVAL_MS);
    this.#list = new VirtualList<SequenceLine>({
      heightOf: LINE_HEIGHT,
      make: makeLine,
      fill: (line, each) => this.#fill(line, each),
      choose: ({ frame }) => inspection.goTo(frame.seq),
      role: "listbox",
      label: "Messages",
    });
    listenToLineKeys(inspection, this.#list, {
      seqOf: ({ frame }) => frame.seq,
      choose: ({ frame }) => inspection.goTo(frame.seq),
    });
    inspection.onLines((lines) => this.#take(lines));
    const heads = PARTIES.map((each) => make("span", { text: each }));
    this.element = make("div", {
      class: "sequence",
      children: [
        make("div", { class: "parties", attributes: { "aria-hidden": "true" }, children: heads }),
        this.#empty,
        this.#list.element,
      ],
    });
  }

  /** {@linkcode View.render} */
  render(): void {
    if (this.element.closest("[hidden]") !== null) return;
    const { recording, chosen, cursor } = this.#inspection;
    const place = chosen?.place ?? null;
    const of = `${recording.header?.startedAtMs} ${recording.trims} ${JSON.stringify(place)}`;
    const isOther = of !== this.#of;
    if (isOther) {
      this.#of = of;
      this.#place = place;
      this.#lines = [];
      this.#take(recording.frames);
    }
    const key = [of, recording.version, cursor].join(" ");
    if (!this.#pace.isDue(key, { atOnce: isOther || cursor !== null })) return;
    setShown(this.#empty, this.#lines.length === 0);
    setText(this.#empty, "Nobody has told anybody anything yet.");
    const toEnd = cursor === null && (isOther || this.#wasPast || this.#list.isAtEnd);
    this.#wasPast = cursor !== null;
    this.#list.show(this.#lines, { toEnd });
    const index = cursor === null
      ? -1
      : this.#lines.findLastIndex(({ frame }) => frame.seq <= cursor);
    if (index >= 0) this.#list.reveal(index);
    this.#list.setActive(index < 0 ? null : index);
  }

  #take(entries: readonly LogEntry[]): void {
    if (this.#of === null) return;
    const known = (id: string) => this.#names.about(id);
    for (const entry of entries) {
      if (isBreak(entry) || !belongsTo(this.#place, known(actorOf(entry)))) continue;
      const line = sequenceLine(entry, known);
      if (line !== null) this.#lines.push(line);
    }
  }

  #fill(line: HTMLElement, { frame, from, to }: SequenceLine): void {
    const { cursor } = this.#inspection;
    const [arrow, words] = line.querySelectorAll<HTMLElement>("[data-part]");
    if (!arrow || !words) return;
    const place = frame.seq === cursor
      ? " now"
      : cursor !== null && frame.seq > cursor
      ? " future"
      : "";
    setAttribute(line, "class", `line message${place}`);
    setAttribute(line, "data-seq", String(frame.seq));
    setAttribute(line, "aria-selected", String(frame.seq === cursor));
    setAttribute(
      line,
      "aria-label",
      `${clockText(frame.atMs)} ${from} to ${to}: ${frame.event.type}`,
    );
    const [one, other] = [PARTIES.indexOf(from), PARTIES.indexOf(to)];
    const way = one === other ? "self" : one < other ? "right" : "left";
    setAttribute(arrow, "class", `arrow ${way}`);
    const share = 100 / PARTIES.length;
    const [first, last] = [Math.min(one, other), Math.max(one, other)];
    arrow.style.left = `${(first + 0.5) * share}%`;
    arrow.style.width = one === other ? `${share * 0.45}%` : `${(last - first) * share}%`;
    setText(words, frame.event.type);
    // Beside the arrow's middle, and never out of the place.
    const middle = (first + last + 1) / 2 * share;
    words.style.left = middle > 70 ? "auto" : middle < 30 ? `${first * share + 1}%` : `${middle}%`;
    words.style.right = middle > 70 ? `${100 - (last + 1) * share + 1}%` : "auto";
    words.style.translate = middle >= 30 && middle <= 70 ? "-50% 0" : "none";
    setAttribute(line, "title", `${clockText(frame.atMs)}  ${from} → ${to}: ${frame.event.type}`);
  }
}

function makeLine(): HTMLElement {
  return make("div", {
    attributes: { role: "option" },
    children: [
      make("span", { attributes: { "data-part": "arrow" } }),
      make("span", { class: "words", attributes: { "data-part": "words" } }),
    ],
  });
}
