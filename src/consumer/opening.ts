/**
 * Opening a consumer's place in its group: join, decide by the start-up table, establish what was decided. Done at the
 * start, and again when the group or the stream changed under it.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../domain/entry_id.ts";
import type { TidemarkError } from "../domain/errors.ts";
import type { Membership } from "../ports/consumer_store.ts";
import type { AttemptPlace } from "../workers/handler.ts";
import type { Mirror } from "./mirror.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import type { Report } from "./report.ts";
import { decideStartUp } from "./start_up.ts";
import type { StartUpDecision, StartUpRow } from "./start_up_decision.ts";

/** Where a consumer's entries are from; its incarnation is set at every opening. */
export type ConsumerPlace = { -readonly [Name in keyof AttemptPlace]: AttemptPlace[Name] };

/** What an opening needs. */
export interface OpeningOptions {
  /** The consumer's options. */
  readonly options: ResolvedConsumerOptions;
  /** Where its entries are from. */
  readonly place: ConsumerPlace;
  /** The separate checkpoint store, `null` for none. */
  readonly mirror: Mirror | null;
  /** Whom to tell. */
  readonly report: (report: Report) => void;
}

/** The start-up table said to stop: whatever the error means elsewhere, trying again cannot help here. */
export class DecidedError extends Error {
  /** @param cause Why. */
  constructor(override readonly cause: TidemarkError) {
    super(cause.message, { cause });
  }
}

/** Opens one consumer's place. */
export class Opening {
  readonly #given: OpeningOptions;
  #membership: Membership | null = null;
  #decision: StartUpDecision | null = null;
  #storedCheckpoint: unknown = null;
  #incarnation: string | null = null;
  /** What was told since the last opening that came to its end: one that is tried again does not tell it again. */
  readonly #told = new Set<string>();

  /** @param given Options, mirror, whom to tell. */
  constructor(given: OpeningOptions) {
    this.#given = given;
  }

  /** The place in the group, `null` before the first join. */
  get membership(): Membership | null {
    return this.#membership;
  }

  /** The place in the group. @throws When it has not joined yet. */
  joined(): Membership {
    if (this.#membership === null) throw new Error("Cannot use the group: not joined yet");
    return this.#membership;
  }

  /** Joins and decides. */
  async join(): Promise<{ readonly epoch: number; readonly rows: readonly StartUpRow[] }> {
    const { options, place, mirror } = this.#given;
    const { broker, stream, group, consumer, order } = options;
    // First the mirror: a commit that another consumer makes meanwhile must not make it look too far.
    const mirrored = await mirror?.load(stream, group) ?? null;
    const join = await broker.join({ stream, group, consumer, order });
    const previousIncarnation = place.incarnation || null;
    const previous = this.#membership;
    this.#membership = join.membership;
    if (previous !== null) await broker.leave(previous).catch(() => {});
    this.#storedCheckpoint = join.checkpoint;
    this.#decision = decideStartUp({ join, mirror: mirrored, previousIncarnation }, options);
    this.#incarnation = join.stream?.incarnation ?? null;
    return { epoch: join.membership.epoch, rows: this.#decision.rows };
  }

  /**
   * Establishes what was decided.
   *
   * @returns Where the group goes on.
   * @throws {DecidedError} When the decision is to stop.
   */
  async establish(): Promise<EntryId> {
    const { options: { broker, stream, group }, place, mirror, report } = this.#given;
    const decision = this.#decision;
    if (decision === null) throw new Error("Cannot establish: nothing was decided");
    if (decision.quarantineMirror) await mirror?.quarantine(stream, group);
    for (const told of decision.reports) this.#tellOnce(told);
    if ("failure" in decision.outcome) throw new DecidedError(decision.outcome.failure);
    const { plan } = decision.outcome;
    const accounted = await broker.establish(this.joined(), {
      ...plan,
      decidedOn: this.#storedCheckpoint,
    });
    // As many as nobody else has told of since the join.
    if (accounted > 0 && decision.loss !== null) report({ ...decision.loss, lost: accounted });
    // Only now: a start that failed half-way must still see that the stream was replaced under it.
    const incarnation = this.#incarnation ?? (await broker.streamInfo(stream))?.incarnation;
    if (incarnation !== undefined) place.incarnation = incarnation;
    this.#told.clear();
    return decision.position ?? ENTRY_ID_ZERO;
  }

  #tellOnce(report: Report): void {
    const text = JSON.stringify(report);
    if (this.#told.has(text)) return;
    this.#told.add(text);
    this.#given.report(report);
  }
}
