/**
 * The middle of the page: the chart of the actor that was chosen, its active states lit, with counts and times; above it
 * what the actor is, why it makes no progress, and what its operator can tell it.
 *
 * @module
 */

import type { ActorState } from "../format.ts";
import { activeStates } from "./active_states.ts";
import { ChartCounts } from "./chart_counts.ts";
import { ChartDrawing } from "./chart_drawing.ts";
import { CommandBar } from "./command_bar.ts";
import { consumerWords } from "./consumer_numbers.ts";
import { button, make, setAttribute, setName, setShown, setText } from "./dom.ts";
import { isConsumerRow, placeText } from "./fleet_rows.ts";
import { actorName } from "./log_filter.ts";
import type { Inspection, View } from "./inspection.ts";
import { KIND_LOOKS, kindOf, stateText } from "./kinds.ts";
import { Pace } from "./pace.ts";
import { Panning, type PanningLook } from "./panning.ts";
import { plainLayoutOf } from "./plain_layout.ts";
import type { Wire } from "./wire.ts";
import { ageText } from "./words.ts";

/** Counts change faster than they can be read: the least time between two drawings of them, in ms. */
const COUNT_MS = 250;

/** The chart. */
export class ChartView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #wire: Wire;
  readonly #countPace: Pace;
  readonly #panning: Panning;
  readonly #commands: CommandBar;
  readonly #place = make("div", {
    class: "chart-place",
    attributes: {
      tabindex: "0",
      role: "group",
      "aria-label": "Chart, plus and minus zoom, 0 shows all",
    },
  });
  readonly #name = make("h2");
  readonly #chip = make("span", { class: "chip" });
  readonly #for = make("span", { class: "muted for" });
  readonly #where = make("span", { class: "muted where" });
  readonly #why = make("p", { class: "why" });
  readonly #empty = make("p", { class: "empty" });
  readonly #tools: HTMLElement;
  readonly #whole = button("Whole chart", { click: () => this.#panning.fit() });
  readonly #near = button("Active state", { click: () => this.#panning.near() });
  readonly #drawings = new Map<string, ChartDrawing | null>();
  #drawing: ChartDrawing | null = null;
  #counts: ChartCounts | null = null;
  #countsKey = "";
  #followedId = "";

  /** @param inspection What is shown. @param wire Where charts come from. */
  constructor(inspection: Inspection, wire: Wire) {
    this.#inspection = inspection;
    this.#wire = wire;
    this.#countPace = new Pace(inspection, COUNT_MS);
    this.#panning = new Panning(this.#place, {
      onScale: (scale) => this.#drawing?.scale(scale),
      onLook: (look) => this.#showLook(look),
      focus: () => this.#drawing?.focus ?? null,
      readableScale: () => this.#drawing?.readableScale ?? 1,
    });
    this.#commands = new CommandBar(inspection, wire);
    const zoom = (text: string, label: string, act: () => void) =>
      button(text, { click: act, attributes: { "aria-label": label, title: label } });
    this.#tools = make("span", {
      class: "tools chart-tools",
      children: [
        zoom("−", "Smaller", () => this.#panning.zoom(1.3)),
        zoom("+", "Larger", () => this.#panning.zoom(1 / 1.3)),
        this.#whole,
        this.#near,
      ],
    });
    this.#place.addEventListener("keydown", (event) => {
      const factor = { "+": 1 / 1.3, "=": 1 / 1.3, "-": 1.3 }[event.key];
      if (factor !== undefined) this.#panning.zoom(factor);
      else if (event.key === "0") this.#panning.fit();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.element = make("section", {
      class: "chart panel",
      attributes: { "aria-label": "Chosen machine" },
      children: [
        make("header", {
          children: [this.#name, this.#chip, this.#for, this.#where, this.#commands.element],
        }),
        this.#why,
        make("div", { class: "chart-frame", children: [this.#place, this.#tools] }),
        this.#empty,
      ],
    });
  }

  #showLook(look: PanningLook): void {
    setAttribute(this.#whole, "aria-pressed", String(look === "whole"));
    setAttribute(this.#near, "aria-pressed", String(look === "near"));
  }

  /** {@linkcode View.render} */
  render(): void {
    const { chosen, chart, chosenId, fleet } = this.#inspection;
    this.#commands.render();
    setName(this.#name, nameOf(chosen));
    setAttribute(this.#name, "title", nameOf(chosen));
    setAttribute(this.element, "data-actor", chosen?.id ?? null);
    const kind = chosen === null ? null : kindOf(chosen.state);
    setShown(this.#chip, chosen !== null);
    setShown(this.#for, chosen !== null);
    setShown(this.#where, chosen !== null);
    if (chosen !== null && kind !== null) {
      const age = ageText(this.#inspection.momentMs - chosen.sinceMs);
      const state = stateText(chosen.state);
      setText(this.#chip, `${KIND_LOOKS[kind].sign} ${state === "" ? "runs" : state}`);
      setAttribute(this.#chip, "class", `chip kind-${kind}`);
      const place = placeText(chosen);
      setAttribute(this.#where, "title", place);
      setText(this.#for, `for ${age}`);
      setText(this.#where, `${chosen.machine}${place === "" ? "" : ` of ${place}`}`);
    }
    const why = chosen !== null && isConsumerRow(chosen)
      ? consumerWords(this.#inspection, chosen).why
      : "";
    setText(this.#why, why);
    setShown(this.#why, why !== "");
    if (chart === null) this.#showNothing(chosenId, fleet !== null);
    else this.#showChart(chart.hash);
  }

  #showNothing(chosenId: string | null, isKnown: boolean): void {
    setShown(this.#place, false);
    setShown(this.#tools, false);
    setShown(this.#empty, true);
    const words = chosenId === null
      ? "Choose a machine on the left, or a lane above."
      : this.#inspection.chosen !== null
      ? "This actor is no machine: it has no chart."
      : isKnown
      ? "This machine does not live at this moment."
      : "What it was at this moment is not known: frames are missing here.";
    setText(this.#empty, words);
  }

  #showChart(hash: string): void {
    const { chosen, chart, recording, seq } = this.#inspection;
    if (chosen === null || chart === null) return;
    const drawing = this.#drawings.get(hash);
    if (drawing === undefined) void this.#load(hash);
    setShown(this.#place, drawing instanceof ChartDrawing);
    setShown(this.#tools, drawing instanceof ChartDrawing);
    setShown(this.#empty, !(drawing instanceof ChartDrawing));
    setText(this.#empty, "Loading the chart…");
    if (!(drawing instanceof ChartDrawing)) return;
    const isOther = drawing !== this.#drawing;
    if (isOther) {
      this.#drawing = drawing;
      this.#place.replaceChildren(drawing.element);
    }
    const key = `${chosen.id} ${recording.trims} ${hash}`;
    const goesBack = this.#counts !== null && this.#counts.untilSeq > seq;
    if (this.#counts === null || this.#countsKey !== key || goesBack) {
      this.#counts = new ChartCounts({ actor: chosen.id, chart: chart.chart });
      this.#countsKey = key;
    }
    this.#counts.countTo(recording.frames, seq);
    this.#counts.know(chosen.taken);
    drawing.light(activeStates(chart.chart, chosen.state), this.#counts.lastEdges);
    const atOnce = this.#inspection.cursor !== null;
    const { width: w, height: h } = drawing.layout;
    if (isOther) this.#panning.show(drawing.element, { w, h });
    this.#panning.follow({ atOnce: atOnce || chosen.id !== this.#followedId });
    this.#followedId = chosen.id;
    if (this.#countPace.isDue(`${key} ${seq}`, { atOnce })) drawing.count(this.#counts);
  }

  /** The service has laid it out; where it has not, or there is none, the page does, more plainly. */
  async #load(hash: string): Promise<void> {
    this.#drawings.set(hash, null);
    const known = this.#inspection.recording.definitions.get(hash);
    const answer = await this.#wire.chart(hash).catch(() => null);
    if (answer !== null) {
      this.#drawings.set(hash, new ChartDrawing(answer.machine, answer.layout));
    } else if (known !== undefined) {
      this.#drawings.set(hash, new ChartDrawing(known, plainLayoutOf(known, hash)));
    } else this.#drawings.delete(hash);
    this.#inspection.changed();
  }
}

/** As the tree calls it: a supervisor that stands for its consumer has that one's name. */
function nameOf(chosen: ActorState | null): string {
  if (chosen === null) return "Machine";
  return isConsumerRow(chosen) ? chosen.place?.consumer ?? actorName(chosen) : actorName(chosen);
}
