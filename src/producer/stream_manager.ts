/**
 * Streams as an operator handles them. Nothing here removes an entry that a group still needs, unless told to.
 *
 * @module
 */

import {
  ENTRY_ID_ZERO,
  type EntryId,
  nextEntryId,
  parseEntryId,
  previousEntryId,
} from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { StreamMissingError, UnfinishedEntriesError } from "../domain/stream_errors.ts";
import { checkName } from "../domain/names.ts";
import type { GroupStore } from "../ports/group_store.ts";
import type { StreamInfo, StreamStore, TrimBound } from "../ports/stream_store.ts";
import { groupThatNeeds } from "./unfinished.ts";

/** Whether to go on although something is lost by it. */
export interface ForceOptions {
  /** Also remove entries that groups have not finished; they are then never handled. Default: `false`. */
  readonly force?: boolean;
}

/** Entries looked at in one round trip; they come with their payloads. */
const PAGE_ENTRIES = 100;

/**
 * Makes, shows, trims and deletes streams. Every method may also throw what every call of a broker may:
 * `BrokerUnavailableError`, `UnknownOutcomeError`, `AccessDeniedError`, `WrongTypeError`.
 *
 * @example Keep the newest entries
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, StreamManager, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const producer = new StreamProducer({ broker, stream: "orders" });
 * await producer.publishMany([1, 2, 3].map((id) => ({ type: "order.placed", data: { id } })));
 *
 * const streams = new StreamManager(broker);
 * assertEquals(await streams.trim("orders", { lengthMax: 2 }), 1); // never what a group still needs
 * assertEquals(await streams.length("orders"), 2);
 * assertEquals((await streams.info("orders"))?.entriesAdded, 3);
 * ```
 */
export class StreamManager {
  readonly #broker: StreamStore & GroupStore;

  /**
   * Makes a manager; nothing is sent yet.
   *
   * @param broker Where the streams are. It is not closed.
   */
  constructor(broker: StreamStore & GroupStore) {
    this.#broker = broker;
  }

  /**
   * Makes an empty stream. There is no need to: the first event makes it too.
   *
   * @param stream Its name: 1 to 256 bytes of printable text without a space at either end.
   * @returns `false` when it exists. Idempotent.
   * @throws {InvalidNameError} When the name cannot work.
   */
  async create(stream: string): Promise<boolean> {
    return await this.#broker.createStream(checkName("stream", stream));
  }

  /**
   * Deletes a stream with its groups and checkpoints.
   *
   * @param options `force`: also when a group has not finished it. Default `false`.
   * @returns `false` when there is none. Idempotent.
   * @throws {UnfinishedEntriesError} When a group has not finished all entries and `force` is not set.
   */
  async delete(stream: string, options: ForceOptions = {}): Promise<boolean> {
    checkName("stream", stream);
    if (options.force === true) return await this.#broker.deleteStream(stream);
    while (true) {
      const info = await this.#broker.streamInfo(stream);
      await this.#refuseIfNeeded(stream);
      const lastId = info?.lastId ?? ENTRY_ID_ZERO;
      if (await this.#broker.deleteStream(stream, { lastId })) return true;
      // An entry that came meanwhile may be needed.
      if (info === null || await this.#broker.streamInfo(stream) === null) return false;
    }
  }

  /** What is known of a stream, `null` when there is none. */
  async info(stream: string): Promise<StreamInfo | null> {
    return await this.#broker.streamInfo(checkName("stream", stream));
  }

  /**
   * How many entries a stream holds.
   *
   * @throws {StreamMissingError} When there is none.
   */
  async length(stream: string): Promise<number> {
    const info = await this.info(stream);
    if (info === null) throw new StreamMissingError(stream);
    return info.length;
  }

  /** The names of all streams, in text order. */
  async list(): Promise<string[]> {
    return await this.#broker.listStreams();
  }

  /**
   * Removes the oldest entries. A wanted length is made an id first, which costs reading through what is removed or
   * kept, whichever is less; so entries that are appended meanwhile push nothing out.
   *
   * @param bound `lengthMax`: keep so many of the newest; or `beforeId`: keep this id and everything above it.
   * @param options `force`: also what a group has not finished. Default `false`.
   * @returns How many were removed; 0 for a missing stream.
   * @throws {UnfinishedEntriesError} When a group has not finished what would be removed and `force` is not set.
   */
  async trim(stream: string, bound: TrimBound, options: ForceOptions = {}): Promise<number> {
    checkName("stream", stream);
    const beforeId = "beforeId" in bound
      ? parseEntryId(bound.beforeId)
      : await this.#firstKept(stream, checkLength(bound.lengthMax));
    if (beforeId === undefined) return 0;
    if (options.force !== true) await this.#refuseIfNeeded(stream, beforeId);
    return await this.#broker.trim(stream, { beforeId });
  }

  async #refuseIfNeeded(stream: string, beforeId?: EntryId): Promise<void> {
    const group = await groupThatNeeds(
      this.#broker,
      stream,
      beforeId === undefined ? {} : { beforeId },
    );
    if (group !== undefined) throw new UnfinishedEntriesError(stream, group);
  }

  /** The lowest id that a length keeps; `undefined` when it removes nothing. */
  async #firstKept(stream: string, lengthMax: number): Promise<EntryId | undefined> {
    const info = await this.#broker.streamInfo(stream);
    if (info === null || info.length <= lengthMax) return undefined;
    if (lengthMax === 0) return nextEntryId(info.lastId) ?? info.lastId;
    const excess = info.length - lengthMax;
    if (excess >= lengthMax) {
      return await this.#nth(stream, { position: lengthMax, reverse: true, from: info.lastId });
    }
    const first = await this.#nth(stream, { position: excess + 1, reverse: false });
    const after = await this.#broker.streamInfo(stream);
    // Counted from the beginning, which somebody else has cut meanwhile: it would be removed twice.
    return after !== null && removedOf(after) === removedOf(info)
      ? first
      : await this.#firstKept(stream, lengthMax);
  }

  /** The id at a position from 1, counted from the beginning, or backwards from an id. */
  async #nth(
    stream: string,
    at: { readonly position: number; readonly reverse: boolean; readonly from?: EntryId },
  ): Promise<EntryId | undefined> {
    let edge: EntryId | undefined = at.from;
    for (let left = at.position; left > 0;) {
      const count = Math.min(left, PAGE_ENTRIES);
      const bound = edge === undefined ? {} : at.reverse ? { to: edge } : { from: edge };
      const page = await this.#broker.range(stream, { ...bound, count, reverse: at.reverse });
      const last = page.at(-1);
      // Somebody removed entries meanwhile: fewer are left than were to be kept.
      if (last === undefined || page.length < count) return undefined;
      left -= page.length;
      if (left === 0) return last.id;
      edge = at.reverse ? previousEntryId(last.id) : nextEntryId(last.id) ?? undefined;
    }
    return undefined;
  }
}

/** How many entries are gone; in another life of the stream another number, or its entries are others. */
function removedOf({ entriesAdded, length, incarnation }: StreamInfo): string {
  return `${entriesAdded - length} ${incarnation}`;
}

function checkLength(lengthMax: number): number {
  if (Number.isSafeInteger(lengthMax) && lengthMax >= 0) return lengthMax;
  throw new InvalidOptionError("lengthMax", lengthMax, "a whole number from 0");
}
