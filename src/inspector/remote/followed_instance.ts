/**
 * `FollowedInstance`: lets other processes follow this one through the broker. While nobody does, it costs one small
 * journal that is renewed every twenty seconds and watched: on Redis, some five commands in twenty seconds and one
 * connection; nothing is recorded. None of its failures is ever in the way of an event.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../../domain/entry_id.ts";
import {
  JournalChangedError,
  JournalDamagedError,
  JournalMissingError,
} from "../../domain/journal_errors.ts";
import type { JournalAddress, JournalSnapshot } from "../../domain/journal.ts";
import type { Timer } from "../../ports/clock.ts";
import type { JournalNews, JournalWatch } from "../../ports/journal_watch.ts";
import type { InstanceStatus } from "../source.ts";
import { decodeCall, decodeDesk, encodeDesk, type Lack } from "./desk_record.ts";
import {
  DESK_LEASE_MS,
  DESK_LENGTH_MAX,
  DESK_RENEW_MS,
  deskOf,
  tellingOf,
} from "./inspection_journals.ts";
import { Publication } from "./publication.ts";
import { type ClerkOptions, RequestClerk } from "./request_clerk.ts";
import { atMost } from "./retrying.ts";

/** What is needed to be followed. */
export interface FollowedInstanceOptions extends ClerkOptions {
  /**
   * Attaches the recorder to what runs; called when the first one follows.
   *
   * @returns Detaches it; called when the last one has gone.
   */
  readonly attach: () => () => void;
  /** How this process is now. Asked twice a second while somebody follows. */
  readonly status: () => Promise<InstanceStatus>;
}

/** How soon what did not work is tried again, in ms. */
const AGAIN_MS = 500;

/** How long taking the desk away may hold up an end, in ms. */
const CLOSE_MS_MAX = 500;

/** Lets others follow this process until it is closed. */
export class FollowedInstance implements AsyncDisposable {
  readonly #options: FollowedInstanceOptions;
  readonly #desk: JournalAddress;
  readonly #life: string;
  readonly #clerk: RequestClerk;
  #watch: JournalWatch | null = null;
  /** The life of the desk that is watched; `null`: none is. */
  #incarnation: string | null = null;
  #publication: Publication | null = null;
  #timer: Timer | null = null;
  #turn: Promise<void> = Promise.resolve();
  #hadDesk = false;
  /** Whether somebody has written rubbish where it says whose desk it is. */
  #isSpoilt = false;
  #hasGivenWay = false;
  #isClosed = false;

  /** Begins at once. @param options What to tell of, and where. */
  constructor(options: FollowedInstanceOptions) {
    this.#options = options;
    this.#desk = deskOf(options.instance);
    this.#life = options.random.uniqueText();
    this.#clerk = new RequestClerk(options);
    this.#turnIn(0);
  }

  /** Whether somebody follows, so that the recorder is attached. */
  get isFollowed(): boolean {
    return this.#publication !== null;
  }

  /** Lets nobody follow any more, and tells those who do. @returns When that was told, or has taken too long. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    const { broker, clock } = this.#options;
    const remove = async () => {
      await this.#turn;
      if (this.#incarnation !== null) await broker.deleteJournal(this.#desk);
    };
    const all = [remove(), this.#watch, this.#publication, this.#clerk];
    const ended = all.map((each) => each instanceof Promise ? each : each?.[Symbol.asyncDispose]());
    await atMost(CLOSE_MS_MAX, { clock, done: Promise.allSettled(ended) });
  }

  /** {@linkcode FollowedInstance.close} */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #turnIn(delayMs: number): void {
    if (this.#isClosed || this.#hasGivenWay) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => {
      const kept = () => this.#turnIn(this.#incarnation === null ? AGAIN_MS : DESK_RENEW_MS);
      const keep = () => this.#keepDesk();
      this.#turn = this.#turn.then(keep).then(kept, (error: unknown) => this.#failed(error));
    });
  }

  #failed(error: unknown): void {
    // Somebody has deleted it, or it has expired while the broker was away: then it is made anew.
    const isGone = error instanceof JournalMissingError || error instanceof JournalChangedError;
    if (isGone) this.#incarnation = null;
    this.#trouble(error);
    this.#turnIn(isGone ? 0 : AGAIN_MS);
  }

  async #keepDesk(): Promise<void> {
    const { broker } = this.#options;
    if (this.#isClosed || this.#hasGivenWay) return;
    if (this.#incarnation === null) return await this.#openDesk();
    await broker.changeJournal(this.#desk, {
      expireMs: DESK_LEASE_MS,
      lengthMax: DESK_LENGTH_MAX,
      ifIncarnation: this.#incarnation,
      ...(this.#isSpoilt ? { state: encodeDesk({ life: this.#life }) } : {}),
    });
    this.#isSpoilt = false;
  }

  async #openDesk(): Promise<void> {
    const { broker } = this.#options;
    const opened = await this.#opened();
    if (this.#isClosed) return;
    if (opened === null) return this.#giveWay();
    this.#incarnation = opened.snapshot.incarnation;
    this.#hadDesk = true;
    this.#watch ??= broker.watchJournals({
      onNews: (news) => this.#hear(news),
      onTrouble: (error, journal) => {
        this.#trouble(error);
        if (journal !== null) this.#lostDesk();
      },
    });
    this.#watch.add(this.#desk, opened.afterId);
  }

  /** @returns The desk, and what on it was heard; `null` when it is a later process's. */
  async #opened(): Promise<{ snapshot: JournalSnapshot; afterId: EntryId } | null> {
    const { broker } = this.#options;
    const options = { state: encodeDesk({ life: this.#life }), expireMs: DESK_LEASE_MS };
    try {
      const { created, snapshot } = await broker.createJournal(this.#desk, options);
      if (created) return { snapshot, afterId: ENTRY_ID_ZERO };
      const present = decodeDesk(snapshot.state);
      // It was made by a call whose answer was lost; hearing a call twice does no harm.
      if (present?.life === this.#life) return { snapshot, afterId: ENTRY_ID_ZERO };
      if (present !== null && this.#hadDesk) return null;
      const changed = await broker.changeJournal(this.#desk, options);
      // What stood there before was said to an earlier life.
      return { snapshot: changed.snapshot, afterId: changed.snapshot.lastId };
    } catch (error) {
      if (error instanceof JournalDamagedError) await broker.deleteJournal(this.#desk);
      throw error;
    }
  }

  #lostDesk(): void {
    this.#incarnation = null;
    this.#turnIn(AGAIN_MS);
  }

  #hear({ entries, snapshot }: JournalNews): void {
    if (this.#isClosed) return;
    if (snapshot === null) return this.#lostDesk();
    const desk = decodeDesk(snapshot.state);
    if (desk !== null && desk.life !== this.#life) return this.#giveWay();
    if (desk === null) {
      this.#isSpoilt = true;
      this.#turnIn(AGAIN_MS);
    }
    for (const { fields } of entries) {
      const call = decodeCall(fields);
      if (call?.kind === "follow") this.#follow(call.lacks);
      if (call?.kind === "request") this.#clerk.serve(call.id);
    }
  }

  /** A process that started later has this one's name: whoever follows that name means the later one. */
  #giveWay(): void {
    this.#options.log.log("warn", "another process is followed under the name of this one");
    this.#hasGivenWay = true;
    this.#incarnation = null;
    this.#timer?.cancel();
    this.#watch?.remove(this.#desk);
  }

  #follow(lacks: Lack): void {
    if (this.#publication !== null) return this.#publication.follow(lacks);
    const { log } = this.#options;
    log.log("info", "an inspector of another process looks at this one");
    const publication = new Publication({
      ...this.#options,
      telling: tellingOf(this.#life),
      onOver: () => {
        log.log("info", "no inspector of another process looks at this one any more");
        if (this.#publication === publication) this.#publication = null;
      },
    });
    this.#publication = publication;
  }

  #trouble(error: unknown): void {
    if (this.#isClosed) return;
    const name = error instanceof Error ? error.name : typeof error;
    this.#options.log.log("debug", "this process cannot be followed for now", { error: name });
  }
}
