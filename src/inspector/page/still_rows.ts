/**
 * Rows that others come before: what its user looks at, or is about to click, stays where it is. At the top of the list,
 * with the pointer elsewhere, new ones are wanted to be seen.
 *
 * @module
 */

/** The rows of a list that is scrolled. */
export class StillRows {
  readonly #place: HTMLElement;
  readonly #body: HTMLElement;

  /** @param place What is scrolled. @param body What the rows are in. */
  constructor(place: HTMLElement, body: HTMLElement) {
    this.#place = place;
    this.#body = body;
  }

  /** Changes the rows. */
  keep(change: () => void): void {
    const row = this.#row();
    const before = row?.getBoundingClientRect().top ?? 0;
    change();
    if (row?.isConnected) this.#place.scrollTop += row.getBoundingClientRect().top - before;
  }

  /** The one that is to stay; `undefined` for none. */
  #row(): Element | undefined {
    const rows = [...this.#body.children];
    const used = rows.find((row) => row.matches(":hover, :focus-within"));
    if (used !== undefined || this.#place.scrollTop === 0) return used;
    const { top } = this.#place.getBoundingClientRect();
    return rows.find((row) => row.getBoundingClientRect().bottom > top);
  }
}
