/**
 * One who follows a run, notes what he is told, and says whether that was everything.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import { runEventNumber } from "../../src/domain/run.ts";
import type { RunManager } from "../../src/runs/run_manager.ts";
import type { RunItem } from "../../src/ports/run_service.ts";
import type { RunSubscription } from "../../src/runs/run_subscription.ts";

/** A follower. */
export class Follower {
  /** How many events he was told. */
  eventCount = 0;
  /** How many he was told to be missing. */
  missingCount = 0;
  /** How the run ended, `null` while he does not know. */
  status: string | null = null;
  /** Where he goes on. */
  position: EntryId = ENTRY_ID_ZERO;
  /** What was wrong in what he was told. */
  readonly faults: string[] = [];

  /** Takes what he is told. */
  take(item: RunItem): void {
    if (this.status !== null) this.faults.push(`told ${item.kind} after the end`);
    const before = runEventNumber(this.position);
    if (item.kind === "event") {
      const { id, data } = item.event;
      const number = runEventNumber(id);
      if (number !== before + 1) this.faults.push(`event ${number} after ${before}`);
      if (data !== number) this.faults.push(`event ${number} says ${data}`);
      this.eventCount++;
      this.position = id;
    } else if (item.kind === "gap") {
      const { afterId, untilId, count } = item.gap;
      if (afterId !== this.position) this.faults.push(`gap after ${afterId}, not ${this.position}`);
      if (count === null || count < 1 || runEventNumber(untilId) !== before + count) {
        this.faults.push(`gap of ${count} after ${before} until ${untilId}`);
      }
      this.missingCount += count ?? 0;
      this.position = untilId;
    } else {
      this.status = item.status;
    }
  }

  /** Follows from where he is. */
  follow(
    runs: RunManager,
    run: string,
    options: { afterItem?: () => void | Promise<void>; signal?: AbortSignal } = {},
  ): Promise<RunSubscription> {
    const { afterItem = () => {}, ...rest } = options;
    return runs.subscribe(run, {
      ...rest,
      afterId: this.position,
      listener: (item) => {
        this.take(item);
        return afterItem();
      },
    });
  }

  /** Asserts that he was told of so many events, each once, in order, or as missing. */
  assertAll(count: number): void {
    assertEquals(this.faults.slice(0, 5), []);
    assertEquals(this.eventCount + this.missingCount, count);
    assert(this.status !== null);
  }
}
