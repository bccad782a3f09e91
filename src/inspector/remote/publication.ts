/**
 * One time of being followed: from the first word of a follower until the last lease is over. The recorder is attached
 * for as long, and what it records goes into the telling in batches, one call at a time. So a broker that is slow or away
 * costs frames, which are counted, and never a consumer's time; and memory is bounded by the recorder.
 *
 * @module
 */

import { type EntryFields, fieldsByteLength } from "../../domain/entry.ts";
import { JournalDamagedError, JournalMissingError } from "../../domain/journal_errors.ts";
import type { JournalAddress } from "../../domain/journal.ts";
import type { Timer } from "../../ports/clock.ts";
import type { JournalStore } from "../../ports/journal_store.ts";
import type { Random } from "../../ports/random.ts";
import type { Lack } from "./desk_record.ts";
import { FOLLOW_LEASE_MS, TELLING_EXPIRE_MS } from "./inspection_journals.ts";
import { entriesOf } from "./parts.ts";
import { atMost, retried, waited } from "./retrying.ts";
import { type ToldOptions, ToldParts } from "./told_parts.ts";

/** What a publication needs. */
export interface PublicationOptions extends ToldOptions {
  /** Where the telling is. */
  readonly broker: JournalStore;
  /** The telling. */
  readonly telling: JournalAddress;
  /** Begins to record. @returns Ends that. */
  readonly attach: () => () => void;
  /** Chance. */
  readonly random: Random;
  /** Told when it is over. */
  readonly onOver: () => void;
}

/** The wait between two batches, in ms: a page shows no more, and a file of SQLite takes so many commits without a sigh. */
const INTERVAL_MS = 75;

/** After what trying again soon cannot help, such as a missing right, in ms. */
const HOPELESS_MS = 5_000;

/** So much of a telling is kept, in bytes: a minute of a busy process, for followers that stumble. */
const BYTES_MAX = 8_388_608;

/** So many entries of it are kept. */
const ENTRIES_MAX = 1_000;

/** One call takes no more entries than this: each can have 768 KiB, and a call 16 MiB. */
const CALL_ENTRIES_MAX = 8;

/** How long the farewell may hold up an end, in ms. */
const FAREWELL_MS_MAX = 300;

/** Publishes what a recorder records. */
export class Publication implements AsyncDisposable {
  readonly #options: PublicationOptions;
  readonly #parts: ToldParts;
  readonly #over = new AbortController();
  readonly #done: Promise<void>;
  /** The bytes of the newest entries, as far as they are kept. */
  readonly #sizes: number[] = [];
  #detach: () => void;
  #lease: Timer;

  /** Begins to record and to tell. */
  constructor(options: PublicationOptions) {
    this.#options = options;
    this.#detach = attached(options);
    this.#parts = new ToldParts(options);
    this.#lease = options.clock.after(FOLLOW_LEASE_MS, () => this.#end());
    this.#done = this.#run();
  }

  /** Somebody follows, for as long as a lease lasts. @param lacks What it needs besides what comes. */
  follow(lacks: Lack): void {
    if (lacks !== "nothing") this.#parts.needs(lacks);
    this.#lease.cancel();
    this.#lease = this.#options.clock.after(FOLLOW_LEASE_MS, () => this.#end());
  }

  /** Ends it and tells so, where that does not take long. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end();
    const { broker, telling, clock } = this.#options;
    const entries = entriesOf({ kind: "end", text: "" }).map((fields) => ({ fields }));
    const done = this.#done.then(() => broker.changeJournal(telling, { entries })).catch(() => {});
    await atMost(FAREWELL_MS_MAX, { clock, done });
  }

  #end(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#lease.cancel();
    this.#detach();
    this.#options.onOver();
  }

  /** Batch by batch until it is over. Never rejects. */
  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted) {
      let waitMs = INTERVAL_MS;
      try {
        await this.#tell(this.#parts.collect());
      } catch (error) {
        this.#parts.lost();
        waitMs = HOPELESS_MS;
        const name = error instanceof Error ? error.name : typeof error;
        log.log("debug", "what the inspector recorded cannot be published", { error: name });
      }
      await waited(waitMs, { clock, signal });
    }
  }

  async #tell(entries: readonly EntryFields[]): Promise<void> {
    const { broker, telling, clock, random } = this.#options;
    const { signal } = this.#over;
    for (const fields of entries) this.#sizes.push(fieldsByteLength(fields));
    const keptMax = Math.max(entries.length, this.#kept());
    for (let from = 0; from < entries.length && !signal.aborted; from += CALL_ENTRIES_MAX) {
      const change = {
        entries: entries.slice(from, from + CALL_ENTRIES_MAX).map((fields) => ({ fields })),
        lengthMax: keptMax,
        expireMs: TELLING_EXPIRE_MS,
        token: random.uniqueText(),
      };
      const call = () => broker.changeJournal(telling, change);
      try {
        await retried(call, { clock, random, signal });
      } catch (error) {
        const isGone = error instanceof JournalMissingError;
        if (!isGone && !(error instanceof JournalDamagedError)) throw error;
        // Who follows is told that it is gone, comes back, and asks for the present.
        if (!isGone) await broker.deleteJournal(telling);
        await broker.createJournal(telling, { state: "{}", expireMs: TELLING_EXPIRE_MS });
        return this.#parts.lost();
      }
    }
  }

  /** Forgets the sizes of entries that are to go. @returns How many may stay. */
  #kept(): number {
    let bytes = 0;
    let count = 0;
    while (count < Math.min(ENTRIES_MAX, this.#sizes.length)) {
      bytes += this.#sizes.at(-1 - count) ?? 0;
      if (bytes > BYTES_MAX) break;
      count++;
    }
    this.#sizes.splice(0, this.#sizes.length - count);
    return Math.max(1, count);
  }
}

/** Whoever attaches may fail; then there is a status without frames. */
function attached({ attach, log }: PublicationOptions): () => void {
  const harmless = (work: () => void) => () => {
    try {
      work();
    } catch (error) {
      const name = error instanceof Error ? error.name : typeof error;
      log.log("warn", "the inspector's recorder cannot be attached or detached", { error: name });
    }
  };
  let detach: () => void = () => {};
  harmless(() => {
    detach = attach();
  })();
  return harmless(() => detach());
}
