/**
 * The middle of the page, on top: every consumer's states over time. Its cursor is the time machine: the whole page shows
 * that moment.
 *
 * @module
 */

import { button, make, setAttribute, setShown, setText } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import { LaneNames } from "./lane_names.ts";
import type { Lane } from "./lanes.ts";
import { Pace } from "./pace.ts";
import { seqAt } from "./recording.ts";
import { liveRange, shifted, type TimeRange, zoomed } from "./time_range.ts";
import { type Palette, paletteOf } from "./palette.ts";
import { AXIS_HEIGHT, drawTimeline, LANE_HEIGHT } from "./timeline_drawing.ts";
import { hoverText } from "./timeline_hover.ts";
import { timelineHeader } from "./timeline_header.ts";
import { clockText, durationText, momentText, utcText } from "./words.ts";

/** The least time from one drawing to the next, in ms. */
const INTERVAL_MS = 100;

/** What is shown at first, in ms. */
const SPAN_MS = 30_000;

/** A press that moves less than this is a click, in px. */
const CLICK_PX = 4;

/** The timeline. */
export class TimelineView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #pace: Pace;
  readonly #canvas = make("canvas", {
    attributes: { role: "slider", tabindex: "0", "aria-label": "Moment that is shown" },
  });
  readonly #names: LaneNames;
  readonly #scroll: HTMLElement;
  readonly #space: HTMLElement;
  /** Read out on demand: it changes ten times a second. */
  readonly #moment = make("output", {
    class: "moment",
    attributes: { id: "moment", "aria-live": "off" },
  });
  readonly #span = make("span", { class: "muted span" });
  readonly #live = button("Live", { class: "live", click: () => this.goLive() });
  #spanMs = SPAN_MS;
  /** The range that its user has moved to, `null` while it follows the present. */
  #range: TimeRange | null = null;
  #palette: Palette | null = null;
  #drags = 0;

  /** @param inspection What is shown. */
  constructor(inspection: Inspection) {
    this.#inspection = inspection;
    this.#pace = new Pace(inspection, INTERVAL_MS);
    this.#names = new LaneNames((id) => inspection.chooseId(id));
    this.#space = make("div", {
      class: "lane-space",
      children: [this.#names.element, this.#canvas],
    });
    this.#scroll = make("div", { class: "lane-scroll", children: [this.#space] });
    this.element = make("section", {
      class: "timeline panel",
      attributes: { "aria-label": "Timeline" },
      children: [
        timelineHeader({
          view: this,
          onStep: (towards) => inspection.step(towards),
          moment: this.#moment,
          live: this.#live,
          span: this.#span,
        }),
        this.#scroll,
      ],
    });
    this.#scroll.addEventListener("scroll", () => this.#moved(), { passive: true });
    this.#canvas.addEventListener("pointerdown", (event) => this.#press(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#hover(event));
    this.#canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    new ResizeObserver(() => this.#moved()).observe(this.#scroll);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.#palette = null;
      this.#moved();
    });
  }

  /** Returns to the present. */
  goLive(): void {
    this.#range = null;
    this.#inspection.goTo(null);
    this.#moved();
  }

  /** Shows a shorter or longer time, around the moment that is shown. */
  zoom(factor: number): void {
    const { cursor, momentMs } = this.#inspection;
    if (this.#range === null && cursor === null) this.#spanMs = Math.max(2, this.#spanMs * factor);
    else {
      const range = this.#currentRange();
      const middle = (range.fromMs + range.toMs) / 2;
      const around = cursor === null ? middle : momentMs;
      const isSeen = around >= range.fromMs && around <= range.toMs;
      this.#setRange(zoomed(range, factor, isSeen ? around : middle));
    }
    this.#moved();
  }

  /** Shows everything that is kept. */
  fit(): void {
    const { recording, nowMs, isLive } = this.#inspection;
    const spanMs = Math.max(1_000, (nowMs - recording.firstMs) * 1.1);
    if (isLive) [this.#range, this.#spanMs] = [null, spanMs];
    else this.#setRange({ fromMs: recording.firstMs - spanMs * 0.04, toMs: nowMs + spanMs * 0.04 });
    this.#moved();
  }

  /** {@linkcode View.render} */
  render(): void {
    const { recording, cursor, chosenId, nowMs, isLive, origin, momentMs } = this.#inspection;
    this.#keepCursorInView();
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const tick = isLive ? Math.floor(nowMs / (still ? 1_000 : INTERVAL_MS)) : 0;
    const { connection } = this.#inspection;
    const key = [tick, cursor, chosenId, this.#drags, recording.lanes.count, origin, connection];
    const own = isLive ? [] : [recording.version];
    if (!this.#pace.isDue([...key, ...own].join(" "), { atOnce: !isLive })) return;
    const atEnd = cursor === null;
    setText(this.#moment, recording.lastMs === 0 ? "" : momentText(momentMs));
    setAttribute(this.#moment, "title", recording.lastMs === 0 ? null : utcText(momentMs));
    setText(this.#span, `${durationText(this.#currentRange().toMs - this.#currentRange().fromMs)}`);
    const isConnected = connection === "live";
    const presentWords = origin === "file" ? "End" : isConnected ? "Live" : "Latest";
    setText(this.#live, atEnd ? presentWords : `Back to ${presentWords.toLowerCase()}`);
    setAttribute(this.#live, "aria-pressed", String(atEnd && this.#range === null));
    setAttribute(this.#live, "data-live", String(isLive && isConnected));
    this.#tellSlider();
    this.#draw();
  }

  /** What has to be drawn again is drawn with the next picture. */
  #moved(): void {
    this.#drags++;
    this.#inspection.changed();
  }

  #setRange(range: TimeRange): void {
    this.#range = range;
    this.#spanMs = range.toMs - range.fromMs;
  }

  #currentRange(): TimeRange {
    return this.#range ?? liveRange(this.#inspection.nowMs, this.#spanMs);
  }

  /** A moment that was gone to by steps is never out of sight. */
  #keepCursorInView(): void {
    const { cursor, momentMs } = this.#inspection;
    if (cursor === null) return;
    const range = this.#currentRange();
    this.#range ??= range;
    if (momentMs >= range.fromMs && momentMs <= range.toMs) return;
    const span = range.toMs - range.fromMs;
    this.#range = { fromMs: momentMs - span / 2, toMs: momentMs + span / 2 };
  }

  #tellSlider(): void {
    const { recording, seq, momentMs, cursor } = this.#inspection;
    const first = recording.moments[0]?.seq ?? 0;
    setAttribute(this.#canvas, "aria-valuemin", String(first));
    setAttribute(this.#canvas, "aria-valuemax", String(recording.lastSeq));
    setAttribute(this.#canvas, "aria-valuenow", String(seq));
    const words = cursor === null ? "the present" : `${clockText(momentMs)}, after frame ${cursor}`;
    setAttribute(this.#canvas, "aria-valuetext", words);
  }

  #draw(): void {
    const { recording, cursor, momentMs, nowMs } = this.#inspection;
    const lanes = recording.lanes.all();
    this.#nameLanes(lanes);
    const { clientHeight: height, scrollTop } = this.#scroll;
    const width = Math.max(1, this.#scroll.clientWidth - this.#names.element.clientWidth);
    const ratio = devicePixelRatio;
    const canvas = this.#canvas;
    if (
      canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)
    ) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    const context = canvas.getContext("2d");
    if (context === null) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.#palette ??= paletteOf(this.element);
    drawTimeline({
      context,
      width,
      height,
      scrollTop,
      lanes,
      range: this.#currentRange(),
      nowMs,
      cursorMs: cursor === null ? null : momentMs,
      breaks: recording.breaks.map(({ atMs }) => atMs),
      palette: this.#palette,
    });
  }

  #nameLanes(lanes: readonly Lane[]): void {
    setShown(this.#scroll, lanes.length > 0);
    if (!this.#names.show(lanes, this.#inspection.chosenId)) return;
    this.#space.style.height = `${AXIS_HEIGHT + lanes.length * LANE_HEIGHT}px`;
  }

  #timeAt(x: number): number {
    const { fromMs, toMs } = this.#currentRange();
    return fromMs + x * (toMs - fromMs) / Math.max(1, this.#canvas.clientWidth);
  }

  #laneAt(y: number): Lane | undefined {
    const index = Math.floor((y - AXIS_HEIGHT + this.#scroll.scrollTop) / LANE_HEIGHT);
    return y < AXIS_HEIGHT ? undefined : this.#inspection.recording.lanes.all()[index];
  }

  #hover({ offsetX, offsetY }: PointerEvent): void {
    const { nowMs } = this.#inspection;
    const told = hoverText(this.#laneAt(offsetY), { atMs: this.#timeAt(offsetX), nowMs });
    setAttribute(this.#canvas, "title", told);
  }

  /** On the marks a drag moves the cursor, on the lanes it moves time; a click goes to a moment. */
  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const canvas = this.#canvas;
    canvas.setPointerCapture(event.pointerId);
    const { offsetX: startX, offsetY } = event;
    const scrubs = offsetY < AXIS_HEIGHT;
    const startRange = this.#currentRange();
    let hasMoved = false;
    if (scrubs) this.#scrubTo(startX);
    const move = ({ offsetX }: PointerEvent) => {
      hasMoved ||= Math.abs(offsetX - startX) >= CLICK_PX;
      if (scrubs) this.#scrubTo(offsetX);
      else if (hasMoved) {
        const span = startRange.toMs - startRange.fromMs;
        const ms = (startX - offsetX) * span / Math.max(1, canvas.clientWidth);
        this.#setRange(shifted(startRange, ms));
        this.#moved();
      }
    };
    const end = () => {
      canvas.removeEventListener("pointermove", move);
      if (hasMoved || scrubs) return;
      const lane = this.#laneAt(offsetY);
      if (lane !== undefined) this.#inspection.chooseId(lane.actor);
      this.#scrubTo(startX);
    };
    canvas.addEventListener("pointermove", move);
    canvas.addEventListener("pointerup", end, { once: true });
  }

  #scrubTo(x: number): void {
    const { recording } = this.#inspection;
    const seq = seqAt(recording, this.#timeAt(x));
    this.#range ??= this.#currentRange();
    this.#inspection.goTo(seq ?? recording.moments[0]?.seq ?? null);
    this.#moved();
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const range = this.#currentRange();
    const span = range.toMs - range.fromMs;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const pixels = event.deltaX === 0 ? event.deltaY : event.deltaX;
      this.#setRange(shifted(range, pixels * span / Math.max(1, this.#canvas.clientWidth)));
    } else {
      const factor = Math.exp(Math.min(200, Math.max(-200, event.deltaY)) * 0.002);
      if (this.#inspection.isLive && this.#range === null) {
        this.#spanMs = Math.max(2, span * factor);
      } else this.#setRange(zoomed(range, factor, this.#timeAt(event.offsetX)));
    }
    this.#moved();
  }
}
