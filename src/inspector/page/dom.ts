/**
 * Making and changing parts of the page. Whatever is shown becomes text, never markup: a consumer may be called anything.
 *
 * @module
 */

/** What a part is made of. */
export interface Parts {
  /** Its classes. */
  readonly class?: string;
  /** Its text. */
  readonly text?: string;
  /** Its attributes. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** What is in it. */
  readonly children?: readonly (Node | string)[];
  /** What a click does. */
  readonly click?: () => void;
}

/** Makes a part. */
export function make<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  parts: Parts = {},
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  const { click } = parts;
  if (click !== undefined) element.addEventListener("click", () => click());
  furnish(element, parts);
  return element;
}

/** Makes a part of a drawing. */
export function draw<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  parts: Omit<Parts, "click"> = {},
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  furnish(element, parts);
  return element;
}

/** Makes a button. */
export function button(text: string, parts: Parts = {}): HTMLButtonElement {
  const { attributes = {}, ...rest } = parts;
  return make("button", { ...rest, text, attributes: { type: "button", ...attributes } });
}

/** Changes a text where it is another one: what did not change is not touched. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** So much of a long name's end is seen before any of the rest: there, names that a tool has made differ. */
const NAME_END = 6;

/** A name that is no longer than this has room nearly everywhere. */
const NAME_LONG = 8;

/** Changes a name. Where there is no room for all of a long one, its middle is left out. */
export function setName(element: Element, name: string): void {
  if (element.textContent === name) return;
  const letters = Array.from(name);
  const cut = letters.length > NAME_LONG ? letters.length - NAME_END : letters.length;
  element.replaceChildren(
    make("span", { class: "start", text: letters.slice(0, cut).join("") }),
    make("span", { class: "end", text: letters.slice(cut).join("") }),
  );
}

/** Changes an attribute where it is another one; `null` takes it away. */
export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

/** Shows a part, or hides it. */
export function setShown(element: HTMLElement, isShown: boolean): void {
  if (element.hidden === isShown) element.hidden = !isShown;
}

/**
 * Makes these the children of a part, in this order. Those that are in their place are not touched: one of them may have
 * the focus.
 */
export function arrange(element: Element, children: readonly Element[]): void {
  const wanted = new Set(children);
  for (const child of [...element.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, index) => {
    const there = element.children[index] ?? null;
    if (there !== child) element.insertBefore(child, there);
  });
}

/** Replaces what is in a part. */
export function fill(element: Element, children: readonly (Node | string)[]): void {
  element.replaceChildren(...children);
}

function furnish(element: Element, parts: Omit<Parts, "click">): void {
  const { class: name, text, attributes = {}, children = [] } = parts;
  if (name !== undefined) element.setAttribute("class", name);
  if (text !== undefined) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
}
