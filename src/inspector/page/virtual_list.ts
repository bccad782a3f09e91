/**
 * A list of any length of which only the lines that can be seen exist.
 *
 * @module
 */

import { make, setAttribute } from "./dom.ts";

/** How a list shows its items. */
export interface VirtualListOptions<Item> {
  /** How high a line is, in px. */
  readonly heightOf: number | ((item: Item) => number);
  /** Makes an empty line. */
  readonly make: () => HTMLElement;
  /** Writes an item into a line, which may show another one; `index` is its place among all. */
  readonly fill: (line: HTMLElement, item: Item, index: number) => void;
  /** What a click on a line does. */
  readonly choose?: (item: Item, index: number) => void;
  /** The role of the list, such as `listbox`, and what it is called. */
  readonly role: string;
  /** What it is called. */
  readonly label: string;
}

/** Lines beyond what is seen, so that a little scrolling shows no white. */
const BEYOND = 6;

/** A line that is gone to is shown with so many before and after it. */
const BESIDE = 2;

/** Nearer to its end than this, in px, a list follows what is added. */
const END_PX = 30;

/** A list. */
export class VirtualList<Item> {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #options: VirtualListOptions<Item>;
  readonly #space: HTMLElement;
  readonly #lines = new Map<number, HTMLElement>();
  readonly #spare: HTMLElement[] = [];
  #items: readonly Item[] = [];
  /** So many are shown: those who own the items may have added some since. */
  #length = 0;
  /** Whether it was shown to its end, and nobody has scrolled since. */
  #follows = false;
  /** Where its end was when it was shown last, in px. */
  #endTop = 0;
  /** Where each line begins, and the end of the last one; `null` where all lines are alike. */
  #tops: number[] | null = null;

  /** @param options How it shows its items. */
  constructor(options: VirtualListOptions<Item>) {
    this.#options = options;
    this.#space = make("div", { class: "list-space", attributes: { role: "presentation" } });
    this.element = make("div", {
      class: "list",
      attributes: { role: options.role, "aria-label": options.label, tabindex: "0" },
      children: [this.#space],
    });
    this.element.addEventListener("scroll", () => {
      // Less room alone does not move it: only who scrolls does.
      this.#follows &&= this.element.scrollTop >= this.#endTop - END_PX || this.#endIsSeen();
      this.#render();
    }, { passive: true });
    new ResizeObserver(() => {
      if (this.#follows) this.#scrollToEnd();
      this.#render();
    }).observe(this.element);
    this.element.addEventListener("click", ({ target }) => this.#chooseAt(target));
  }

  /** The items. */
  get items(): readonly Item[] {
    return this.#items;
  }

  /** Whether its end is seen, or was until there was less room. */
  get isAtEnd(): boolean {
    return this.#follows || this.#endIsSeen();
  }

  /** Shows items. @param options `toEnd`: goes on to the last one. */
  show(items: readonly Item[], { toEnd = false }: { readonly toEnd?: boolean } = {}): void {
    const { heightOf } = this.#options;
    this.#items = items;
    this.#length = items.length;
    if (typeof heightOf === "number") this.#tops = null;
    else {
      let top = 0;
      this.#tops = [0, ...items.map((item) => top += heightOf(item))];
    }
    const height = `${this.#top(items.length)}px`;
    if (this.#space.style.height !== height) this.#space.style.height = height;
    this.#follows = toEnd;
    if (toEnd) this.#scrollToEnd();
    this.#render();
  }

  /** Scrolls as little as is needed for a line to be seen with those beside it. */
  reveal(index: number): void {
    const { scrollTop, clientHeight } = this.element;
    const last = this.#length;
    const [top, bottom] = [
      this.#top(Math.max(0, index - BESIDE)),
      this.#top(Math.min(last, index + 1 + BESIDE)),
    ];
    if (top < scrollTop) this.element.scrollTop = top;
    else if (bottom > scrollTop + clientHeight) this.element.scrollTop = bottom - clientHeight;
    this.#render();
  }

  /** Says which line is the one that keys act on. */
  setActive(index: number | null): void {
    const line = index === null ? undefined : this.#lines.get(index);
    if (line === undefined) this.element.removeAttribute("aria-activedescendant");
    else this.element.setAttribute("aria-activedescendant", line.id);
  }

  #scrollToEnd(): void {
    this.element.scrollTop = this.element.scrollHeight;
    this.#endTop = this.element.scrollTop;
  }

  #endIsSeen(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.element;
    return scrollTop + clientHeight >= scrollHeight - END_PX;
  }

  #top(index: number): number {
    const { heightOf } = this.#options;
    if (this.#tops !== null) return this.#tops[index] ?? 0;
    return typeof heightOf === "number" ? index * heightOf : 0;
  }

  /** Which line lies there. */
  #indexAt(y: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#top(middle + 1) <= y) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #render(): void {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, this.#indexAt(scrollTop) - BEYOND);
    const last = Math.min(this.#length, this.#indexAt(scrollTop + clientHeight) + BEYOND);
    for (const [index, line] of this.#lines) {
      if (index >= first && index < last) continue;
      line.hidden = true;
      this.#lines.delete(index);
      this.#spare.push(line);
    }
    for (let index = first; index < last; index++) {
      const item = this.#items[index];
      if (item === undefined) continue;
      const line = this.#lineAt(index);
      // A tree counts by itself: each level for itself.
      if (this.#options.role === "listbox") {
        setAttribute(line, "aria-posinset", String(index + 1));
        setAttribute(line, "aria-setsize", String(this.#length));
      }
      this.#options.fill(line, item, index);
    }
  }

  #lineAt(index: number): HTMLElement {
    const known = this.#lines.get(index);
    const line = known ?? this.#spare.shift() ?? this.#makeLine();
    if (known === undefined) {
      this.#lines.set(index, line);
      line.hidden = false;
      line.dataset.index = String(index);
    }
    const transform = `translateY(${this.#top(index)}px)`;
    if (line.style.transform !== transform) line.style.transform = transform;
    return line;
  }

  #makeLine(): HTMLElement {
    const line = this.#options.make();
    line.id = `line-${++lineCount}`;
    line.classList.add("line");
    this.#space.append(line);
    return line;
  }

  #chooseAt(target: EventTarget | null): void {
    if (!(target instanceof Element) || target.closest("button, input") !== null) return;
    const line = target.closest<HTMLElement>(".line");
    const index = Number(line?.dataset.index ?? -1);
    const item = this.#items[index];
    if (item !== undefined) this.#options.choose?.(item, index);
  }
}

let lineCount = 0;
