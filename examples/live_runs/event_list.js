/**
 * The list of a run's events on the page. Whatever an event says is shown as text, never as markup.
 *
 * @module
 */

import { eventNumber } from "./followed_run.js";

/** More rows would make the page slow; the oldest go first. As many events as a run keeps, and a half more. */
const ROWS_MAX = 15_000;

/** What of an event's data is shown in its row. */
const DATA_LENGTH_MAX = 200;

/** Makes an element with text. */
export function element(tag, { className = "", text = "" } = {}) {
  return Object.assign(document.createElement(tag), { className, textContent: text });
}

/** The list. */
export class EventList {
  #list;
  #isAtEnd = true;
  #willScroll = false;

  /** @param list An `ol` that scrolls. */
  constructor(list) {
    this.#list = list;
    let lastTop = 0;
    list.addEventListener("scroll", () => {
      // Who scrolls back wants to read. Rows that were added meanwhile also put the end further away, but nobody up.
      const isBack = list.scrollTop < lastTop;
      const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
      this.#isAtEnd = isAtEnd || (this.#isAtEnd && !isBack);
      lastTop = list.scrollTop;
    });
  }

  /** Begins anew. */
  clear() {
    this.#list.replaceChildren();
    this.#isAtEnd = true;
  }

  /** Adds an event. */
  add({ id, type, data, at }) {
    const shown = data === null ? "" : JSON.stringify(data);
    const isLong = shown.length > DATA_LENGTH_MAX;
    const row = this.#row("event", eventNumber(id), type);
    row.children[1].append(timeOf(at));
    row.append(
      element("code", { text: isLong ? `${shown.slice(0, DATA_LENGTH_MAX)}…` : shown }),
    );
    this.#append(row);
  }

  /** Adds a place where events are missing. @returns How many, in words. */
  addGap({ count, until_id }) {
    const many = count === null ? "Events are" : count === 1 ? "1 event is" : `${count} events are`;
    const row = this.#row("gap", eventNumber(until_id), `${many} missing here`);
    row.append(element("span", { text: "the run no longer keeps them" }));
    this.#append(row);
    return `${many} missing`;
  }

  /** Adds the end. */
  addEnd({ status, reason, last_id }) {
    const row = this.#row("end", eventNumber(last_id), `run.${status}`);
    row.append(element("span", { text: reason ?? "" }));
    this.#append(row);
  }

  #row(kind, number, title) {
    const row = element("li", { className: kind });
    row.dataset.number = String(number);
    row.append(
      element("span", { className: "number", text: kind === "gap" ? "" : String(number) }),
      element("time"),
      element("strong", { text: title }),
    );
    return row;
  }

  #append(row) {
    this.#list.append(row);
    if (this.#list.childElementCount > ROWS_MAX) this.#list.firstElementChild.remove();
    if (!this.#isAtEnd || this.#willScroll) return;
    // Once for all events of a frame: to ask for the height makes the browser lay out the list.
    this.#willScroll = true;
    requestAnimationFrame(() => {
      this.#willScroll = false;
      this.#list.scrollTop = this.#list.scrollHeight;
    });
  }
}

function timeOf(at) {
  return new Date(at).toLocaleTimeString(undefined, { timeStyle: "medium" });
}
