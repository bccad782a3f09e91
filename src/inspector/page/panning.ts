/**
 * Looking at a part of a drawing: at first what matters in it, as large as it can be read; drag moves it, the wheel and
 * keys make it larger or smaller, a double click shows all.
 *
 * @module
 */

/** A part of a drawing, in its own px. */
export interface Part {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Larger than life by this much at most: then a single box fills the place. */
const SCALE_MAX = 3;

/** A drawing that is less than this large is not read, it is looked at: how small it may become. */
const SCALE_MIN = 0.1;

/** What matters is so far from the edges, in px; below, there are buttons. */
const MARGIN = 14;
const MARGIN_BELOW = 46;

/** Charts go from the left to the right: more is seen of what comes after what matters than of what is before. */
const LEFT_PART = 0.35;

/** What matters is followed when it was out of sight for so long, in ms: what comes and goes faster would shake it. */
const FOLLOW_MS = 600;

/**
 * What is shown: `near` what matters, `whole` all of it, `moved` what its user has chosen, which then stays as it is.
 */
export type PanningLook = "near" | "whole" | "moved";

/** What a drawing says of itself. */
export interface PanningOptions {
  /** Told how large it is shown, 1 for life-size. */
  readonly onScale: (scale: number) => void;
  /** Told what is shown. */
  readonly onLook: (look: PanningLook) => void;
  /** The part of it that matters, in its own px; `null` for none. */
  readonly focus: () => Part | null;
  /** How large it is to be read, 1 for life-size. */
  readonly readableScale: () => number;
}

/** A drawing that can be moved. */
export class Panning {
  readonly #place: HTMLElement;
  readonly #options: PanningOptions;
  #svg: SVGSVGElement | null = null;
  #whole = { w: 1, h: 1 };
  #part: Part = { x: 0, y: 0, w: 1, h: 1 };
  #look: PanningLook = "near";
  /** Since when what matters is out of sight, by `performance.now()`; `null` for not. */
  #lostMs: number | null = null;

  /** @param place Where the drawing is. */
  constructor(place: HTMLElement, options: PanningOptions) {
    this.#place = place;
    this.#options = options;
    place.addEventListener("pointerdown", (event) => this.#drag(event));
    place.addEventListener("dblclick", () => this.fit());
    place.addEventListener("wheel", (event) => {
      event.preventDefault();
      const factor = Math.exp(Math.min(200, Math.max(-200, event.deltaY)) * 0.002);
      const box = place.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      this.#zoomAt(factor, at);
    }, { passive: false });
    new ResizeObserver(() => this.#resized()).observe(place);
  }

  /** Shows another drawing, near what matters; what its user has chosen to see of the same kind, he goes on to see. */
  show(svg: SVGSVGElement, whole: { readonly w: number; readonly h: number }): void {
    this.#svg = svg;
    this.#whole = whole;
    if (this.#look === "whole") this.fit();
    else this.near();
  }

  /** Shows what matters so large that it can be read, and as much around it as there is room for. */
  near(): void {
    const { w, h } = this.#size();
    const scale = this.#nearScale();
    const part = { w: w / scale, h: h / scale };
    const focus = this.#options.focus() ?? { x: 0, y: 0, w: 0, h: 0 };
    const x = focus.x + focus.w / 2 - part.w * LEFT_PART;
    const y = focus.y + focus.h / 2 - part.h / 2;
    this.#set({ ...part, ...this.#within({ ...part, x, y }) }, "near");
  }

  /**
   * Shows what matters now, where that was out of sight for a while; moves no further than that needs.
   *
   * @param options `atOnce`: also where it was not.
   */
  follow({ atOnce = false }: { readonly atOnce?: boolean } = {}): void {
    const focus = this.#options.focus();
    if (this.#look !== "near" || focus === null) return;
    const { w, h } = this.#part;
    const margin = MARGIN * w / this.#size().w;
    const below = MARGIN_BELOW * w / this.#size().w;
    const x = shifted(this.#part.x, { from: focus.x + focus.w + margin - w, to: focus.x - margin });
    const y = shifted(this.#part.y, { from: focus.y + focus.h + below - h, to: focus.y - margin });
    const part = { w, h, ...this.#within({ x, y, w, h }) };
    const isSeen = Math.abs(part.x - this.#part.x) < 1 && Math.abs(part.y - this.#part.y) < 1;
    if (isSeen) return void (this.#lostMs = null);
    this.#lostMs ??= performance.now();
    if (!atOnce && performance.now() - this.#lostMs < FOLLOW_MS) return;
    this.#lostMs = null;
    this.#set(part, "near");
  }

  /** Shows all of it, not larger than life. */
  fit(): void {
    const { w, h } = this.#size();
    const scale = this.#fitScale();
    const part = { w: w / scale, h: h / scale };
    const x = (this.#whole.w - part.w) / 2;
    const y = part.h > this.#whole.h ? Math.min(0, (this.#whole.h - part.h) / 2) : 0;
    this.#set({ ...part, x, y }, "whole");
  }

  /** Makes it larger (below 1) or smaller, around what matters, where that can be seen. */
  zoom(factor: number): void {
    const size = this.#size();
    const { x, y, w, h } = this.#part;
    const focus = this.#options.focus() ?? { x, y, w, h };
    const fx = (focus.x + focus.w / 2 - x) / w;
    const fy = (focus.y + focus.h / 2 - y) / h;
    const isSeen = fx >= 0 && fx <= 1 && fy >= 0 && fy <= 1;
    this.#zoomAt(factor, { x: size.w * (isSeen ? fx : 0.5), y: size.h * (isSeen ? fy : 0.5) });
  }

  #size(): { readonly w: number; readonly h: number } {
    return { w: Math.max(1, this.#place.clientWidth), h: Math.max(1, this.#place.clientHeight) };
  }

  #zoomAt(wanted: number, at: { readonly x: number; readonly y: number }): void {
    const size = this.#size();
    const { x, y, w, h } = this.#part;
    const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, size.w / (w * wanted)));
    const factor = size.w / scale / w;
    const [fx, fy] = [at.x / size.w, at.y / size.h];
    this.#set({
      x: x + fx * w * (1 - factor),
      y: y + fy * h * (1 - factor),
      w: w * factor,
      h: h * factor,
    }, "moved");
  }

  #resized(): void {
    if (this.#look === "whole") return this.fit();
    const { w, h } = this.#size();
    const before = Number(this.#place.dataset.width ?? w);
    const scale = before / this.#part.w;
    // Where there was no place before, or another one for another scale, nothing is seen that could move.
    const isOther = before <= 1 || Math.abs(this.#nearScale() - scale) > 0.001;
    if (this.#look === "near" && isOther) return this.near();
    this.#set({ ...this.#part, w: w / scale, h: h / scale }, this.#look);
    this.follow();
  }

  #nearScale(): number {
    return Math.max(this.#fitScale(), Math.min(1, this.#options.readableScale()));
  }

  #fitScale(): number {
    const { w, h } = this.#size();
    return Math.min(1, w / this.#whole.w, h / this.#whole.h);
  }

  /** Where a part begins that shows as little as can be of what is beside the drawing. */
  #within({ x, y, w, h }: Part): { readonly x: number; readonly y: number } {
    const { w: width, h: height } = this.#whole;
    // What lies in a line at an edge is not pressed against that of the window, where the buttons are.
    const beside = h / 4;
    return {
      x: w >= width ? (width - w) / 2 : shifted(x, { from: 0, to: width - w }),
      y: shifted(y, {
        from: Math.min(0, height - h) - beside,
        to: Math.max(0, height - h) + beside,
      }),
    };
  }

  #set(part: Part, look: PanningLook): void {
    this.#part = part;
    this.#look = look;
    this.#place.dataset.width = String(this.#size().w);
    const { x, y, w, h } = part;
    this.#svg?.setAttribute("viewBox", [x, y, w, h].map((each) => each.toFixed(2)).join(" "));
    this.#options.onScale(this.#size().w / w);
    this.#options.onLook(look);
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    const place = this.#place;
    const from = this.#part;
    const [startX, startY] = [event.clientX, event.clientY];
    let hasMoved = false;
    const move = ({ clientX, clientY }: PointerEvent) => {
      if (Math.hypot(clientX - startX, clientY - startY) < 3 && !hasMoved) return;
      hasMoved = true;
      const scale = from.w / this.#size().w;
      const x = from.x + (startX - clientX) * scale;
      this.#set({ ...from, x, y: from.y + (startY - clientY) * scale }, "moved");
    };
    const end = () => {
      place.removeEventListener("pointermove", move);
      place.classList.remove("moving");
    };
    place.setPointerCapture(event.pointerId);
    place.classList.add("moving");
    place.addEventListener("pointermove", move);
    place.addEventListener("pointerup", end, { once: true });
    place.addEventListener("pointercancel", end, { once: true });
  }
}

/** A number moved no further than into a range; where that is empty, to its end. */
function shifted(
  value: number,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  return Math.min(to, Math.max(from, value));
}
