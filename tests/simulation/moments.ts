/**
 * Moments of a simulation: looks at what the broker holds right after a commit was applied, before its caller hears of
 * it, so that what must hold at every moment is not judged by the last one alone.
 *
 * @module
 */

import { decodeCheckpoint } from "../../src/domain/checkpoint.ts";
import { ENTRY_ID_ZERO, type EntryId, isEntryId } from "../../src/domain/entry_id.ts";
import { fieldValue } from "../../src/domain/entry.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Happening } from "../../src/testing/happening.ts";
import { outputsOf } from "../../src/testing/plan.ts";
import type { SimulationHooks } from "../../src/testing/simulation_result.ts";
import type { Moment } from "./evidence.ts";

/** More than a plan has. */
const COUNT_MAX = 10_000;

/** Looks at one of so many commits: a look costs as much as several commits, and half of the looks see as much. */
const COMMITS_A_LOOK = 3;

/** Collects moments while a simulation runs. */
export class Moments {
  readonly #all: Moment[] = [];
  readonly #outputs = new Map<string, { readonly ids: EntryId[]; lastId: EntryId }>();
  #step = -1;
  #commits = 0;

  /** What was seen. */
  get all(): readonly Moment[] {
    return this.#all;
  }

  /** To be given to the simulation. */
  get hooks(): Required<Pick<SimulationHooks, "onApplied" | "onHappening">> {
    return {
      onHappening: () => void this.#step++,
      onApplied: (happening, broker) => this.#look(happening, broker),
    };
  }

  async #look(happening: Happening, broker: Broker): Promise<void> {
    if (happening.kind !== "callApplied" || !("verdicts" in happening.applied)) return;
    if (this.#commits++ % COMMITS_A_LOOK !== 0) return;
    const { stream, group } = happening;
    const step = this.#step;
    const outputStream = outputsOf({ stream, group });
    const outputs = this.#outputs.get(outputStream) ?? { ids: [], lastId: ENTRY_ID_ZERO };
    this.#outputs.set(outputStream, outputs);
    // All begun at once: the embedded broker reads each when it is asked, so that nothing comes between.
    const [stored, pending, fresh] = await Promise.all([
      broker.loadCheckpoint(stream, group),
      broker.listPending(stream, group, { count: COUNT_MAX }).catch(() => []),
      broker.range(outputStream, { from: outputs.lastId, count: COUNT_MAX }),
    ]);
    for (const { id, fields } of fresh) {
      if (id === outputs.lastId) continue;
      outputs.lastId = id;
      const source = fieldValue(fields, "source_id");
      if (isEntryId(source)) outputs.ids.push(source);
    }
    const decoded = decodeCheckpoint(stored, { stream, group });
    const checkpoint = decoded.kind === "valid" ? decoded.checkpoint : null;
    this.#all.push({
      step,
      stream,
      group,
      position: checkpoint?.position ?? null,
      done: checkpoint?.done ?? [],
      pending: pending.map(({ id }) => id),
      outputs: [...outputs.ids],
    });
  }
}
