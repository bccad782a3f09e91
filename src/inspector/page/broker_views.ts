/**
 * What the broker holds for the consumer that was chosen: its pending entries, and the dead letters of its group with a
 * second chance.
 *
 * @module
 */

import { actingButton } from "./acting_button.ts";
import { AskedTable } from "./asked_table.ts";
import { make, setShown } from "./dom.ts";
import type { Inspection, View } from "./inspection.ts";
import type { DeadLetterLine, GroupName, PendingLine, Wire } from "./wire.ts";
import { counted, durationText, momentText } from "./words.ts";

/** The pending entries. */
export class PendingView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #table: AskedTable<PendingLine>;

  /** @param wire Who is asked. */
  constructor(inspection: Inspection, wire: Wire) {
    this.#inspection = inspection;
    this.#table = new AskedTable<PendingLine>(inspection, {
      what: "pending entries",
      order: "oldest",
      columns: ["Entry", "Idle", "Deliveries"],
      ask: async (after) => {
        const group = groupOf(inspection);
        const consumer = inspection.chosen?.place?.consumer ?? null;
        if (group === null) return { lines: [], next: null };
        return await wire.pending(group, { instance: inspection.instance, consumer, after });
      },
      cells: ({ id, idleMs, deliveryCount }) => [
        code(id),
        durationText(idleMs),
        String(deliveryCount),
      ],
    });
    this.element = this.#table.element;
  }

  /** {@linkcode View.render} */
  render(): void {
    if (this.element.closest("[hidden]") !== null) return;
    this.#table.render(ownKey(this.#inspection));
  }
}

/** The dead letters. */
export class DeadLettersView implements View {
  /** The part of the page. */
  readonly element: HTMLElement;
  readonly #inspection: Inspection;
  readonly #wire: Wire;
  readonly #table: AskedTable<DeadLetterLine>;
  readonly #bar: HTMLElement;
  #rowsKey = "";

  /** @param wire Who is asked. */
  constructor(inspection: Inspection, wire: Wire) {
    this.#inspection = inspection;
    this.#wire = wire;
    this.#table = new AskedTable<DeadLetterLine>(inspection, {
      what: "dead letters",
      order: "newest",
      columns: ["Entry, and why it was given up", ""],
      ask: async (after) => {
        const group = groupOf(inspection);
        return group === null ? { lines: [], next: null } : await wire.deadLetters(group, after);
      },
      cells: (letter) => this.#cells(letter),
    });
    const all = actingButton("Replay all", () => this.#replay("all"), { wantsTwo: true });
    all.dataset.replay = "all";
    this.#bar = make("div", { class: "filters", children: [all] });
    this.element = make("div", { class: "letters", children: [this.#bar, this.#table.element] });
  }

  /** {@linkcode View.render} */
  render(): void {
    if (this.element.closest("[hidden]") !== null) return;
    const group = groupOf(this.#inspection);
    setShown(this.#bar, group !== null && this.#inspection.takesCommands);
    const { takesCommands } = this.#inspection;
    this.element.classList.toggle("read-only", !takesCommands);
    this.#rowsKey = group === null
      ? ""
      : JSON.stringify([group.stream, group.group, takesCommands]);
    this.#table.render(group === null ? null : this.#rowsKey);
  }

  #cells({ id, entry, reason, cause, attempts, atMs }: DeadLetterLine): (string | Node)[] {
    const when = `${counted(attempts, "attempt")}, given up at ${momentText(atMs)}`;
    const why = make("span", {
      children: [
        code(entry),
        make("span", { class: "reason", text: reason }),
        ...cause === null ? [] : [make("span", { class: "reason", text: cause })],
        make("small", { class: "muted", text: when }),
      ],
    });
    if (!this.#inspection.takesCommands) return [why, ""];
    const again = actingButton("Replay", () => this.#replay([id]));
    again.dataset.replay = id;
    return [why, again];
  }

  async #replay(which: readonly string[] | "all"): Promise<string> {
    const group = groupOf(this.#inspection);
    if (group === null) return "Nobody is chosen";
    const count = await this.#wire.replay(group, which);
    this.#table.refresh();
    return count === 0 ? "Known already" : `Replayed ${count}`;
  }
}

function groupOf({ chosen }: Inspection): GroupName | null {
  const { stream, group } = chosen?.place ?? { stream: null, group: null };
  return stream === null || group === null ? null : { stream, group };
}

function ownKey(inspection: Inspection): string | null {
  const group = groupOf(inspection);
  return group === null ? null : JSON.stringify([group, inspection.chosen?.place?.consumer]);
}

function code(text: string): HTMLElement {
  return make("code", { text });
}
