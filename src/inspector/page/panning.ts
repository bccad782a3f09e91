/**
 * Looking at a part of a drawing: drag moves it, the wheel and keys make it larger or smaller, a double click shows all.
 *
 * @module
 */

/** A part of a drawing, in its own px. */
interface Part {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Larger than life by this much at most: then a single box fills the place. */
const SCALE_MAX = 3;

/** A drawing that is less than this large is not read, it is looked at: how small it may become. */
const SCALE_MIN = 0.1;

/** What a drawing says of itself. */
export interface PanningOptions {
  /** Told how large it is shown, 1 for life-size. */
  readonly onScale: (scale: number) => void;
  /** The place in it that matters, in its own px; `null` for none. */
  readonly focus: () => { readonly x: number; readonly y: number } | null;
}

/** A drawing that can be moved. */
export class Panning {
  readonly #place: HTMLElement;
  #svg: SVGSVGElement | null = null;
  #whole = { w: 1, h: 1 };
  #part: Part = { x: 0, y: 0, w: 1, h: 1 };
  /** Whether its user has moved it: then it stays as it is when the place becomes larger. */
  #isMoved = false;

  readonly #options: PanningOptions;

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
    new ResizeObserver(() => this.#isMoved ? this.#keepScale() : this.fit()).observe(place);
  }

  /** Shows another drawing, all of it. */
  show(svg: SVGSVGElement, whole: { readonly w: number; readonly h: number }): void {
    this.#svg = svg;
    this.#whole = whole;
    this.fit();
  }

  /** Shows all of it, not larger than life. */
  fit(): void {
    const { w, h } = this.#size();
    const scale = Math.min(1, w / this.#whole.w, h / this.#whole.h);
    const part = { w: w / scale, h: h / scale };
    const x = (this.#whole.w - part.w) / 2;
    const y = part.h > this.#whole.h ? Math.min(0, (this.#whole.h - part.h) / 2) : 0;
    this.#set({ ...part, x, y });
    this.#isMoved = false;
  }

  /** Makes it larger (below 1) or smaller, around what matters, where that can be seen. */
  zoom(factor: number): void {
    const size = this.#size();
    const { x, y, w, h } = this.#part;
    const focus = this.#options.focus() ?? { x: x + w / 2, y: y + h / 2 };
    const [fx, fy] = [(focus.x - x) / w, (focus.y - y) / h];
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
    });
    this.#isMoved = true;
  }

  #keepScale(): void {
    const { w, h } = this.#size();
    const scale = this.#part.w / Number(this.#place.dataset.width ?? w);
    this.#set({ ...this.#part, w: w * scale, h: h * scale });
  }

  #set(part: Part): void {
    this.#part = part;
    this.#place.dataset.width = String(this.#size().w);
    const { x, y, w, h } = part;
    this.#svg?.setAttribute("viewBox", [x, y, w, h].map((each) => each.toFixed(2)).join(" "));
    this.#options.onScale(this.#size().w / w);
  }

  #drag(event: PointerEvent): void {
    if (event.button !== 0) return;
    const place = this.#place;
    const from = this.#part;
    const [startX, startY] = [event.clientX, event.clientY];
    const move = ({ clientX, clientY }: PointerEvent) => {
      if (Math.hypot(clientX - startX, clientY - startY) < 3 && !this.#isMoved) return;
      const scale = from.w / this.#size().w;
      const x = from.x + (startX - clientX) * scale;
      this.#set({ ...from, x, y: from.y + (startY - clientY) * scale });
      this.#isMoved = true;
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
