/**
 * Consumer groups as an operator handles them. Nothing here drops a pending entry, unless told to.
 *
 * @module
 */

import { parseEntryId } from "../domain/entry_id.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import { checkName } from "../domain/names.ts";
import type {
  ConsumerInfo,
  GroupInfo,
  GroupStore,
  PendingEntry,
  PendingOptions,
  ResetResult,
  StartPosition,
} from "../ports/group_store.ts";

/** One screen and a bit. */
const PENDING_COUNT = 100;

/**
 * Makes, shows and deletes consumer groups. Every method may also throw what every call of a broker may:
 * `BrokerUnavailableError`, `UnknownOutcomeError`, `AccessDeniedError`, `WrongTypeError`.
 *
 * @example Make a group, see how far behind it is, delete it
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, ConsumerGroupManager, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * await new StreamProducer({ broker, stream: "orders" }).publish({ type: "order.placed" });
 *
 * const groups = new ConsumerGroupManager(broker);
 * await groups.create("orders", "billing", "beginning");
 * assertEquals((await groups.info("orders", "billing"))?.lag, 1);
 * assertEquals(await groups.pending("orders", "billing"), []);
 * assertEquals(await groups.delete("orders", "billing"), true);
 * ```
 */
export class ConsumerGroupManager {
  readonly #broker: GroupStore;

  /**
   * Makes a manager; nothing is sent yet.
   *
   * @param broker Where the groups are. It is not closed.
   */
  constructor(broker: GroupStore) {
    this.#broker = broker;
  }

  /**
   * Makes a group.
   *
   * @param start `beginning`, `end`, `{afterId}` or `{fromTimeMs}`. There is no default, because either one surprises.
   * @param options `createStream`: make the stream when it is missing; default `false`.
   * @returns `false` when the group exists; its position is left alone. Idempotent.
   * @throws {InvalidNameError}, {InvalidEntryIdError} or {InvalidOptionError} For what cannot work.
   * @throws {StreamMissingError} When there is no stream and `createStream` is not set.
   * @throws {StartBeyondEndError} When `afterId` lies beyond the last entry.
   */
  async create(
    stream: string,
    group: string,
    start: StartPosition,
    options: { readonly createStream?: boolean } = {},
  ): Promise<boolean> {
    checkNames(stream, group);
    return await this.#broker.createGroup(stream, group, checkStart(start), options);
  }

  /**
   * Removes a group with its checkpoint.
   *
   * @param options `force`: also when entries are pending; the group then never handles them. Default `false`.
   * @returns `false` when there is none. Idempotent.
   * @throws {PendingEntriesError} When entries are pending and `force` is not set.
   */
  async delete(
    stream: string,
    group: string,
    options: { readonly force?: boolean } = {},
  ): Promise<boolean> {
    checkNames(stream, group);
    return await this.#broker.deleteGroup(stream, group, options);
  }

  /**
   * Moves a group and its checkpoint to a position, in any direction and in one step. Whoever consumes for the group is
   * refused its next commit and goes on at the position by itself; what it handled since its last commit is handled
   * again by whoever gets it, if it lies above the position. The former checkpoint is kept aside.
   *
   * @param start As for {@linkcode ConsumerGroupManager.create}.
   * @param options `force`: also when entries are pending; they are dropped, and come again only if they lie above the
   * position. Default `false`.
   * @returns The position, how many pending entries were dropped, and how many consumers have to join again, which those that run do by themselves.
   * @throws {StreamMissingError} or {GroupMissingError} When stream or group are missing.
   * @throws {PendingEntriesError} When entries are pending and `force` is not set.
   * @throws {StartBeyondEndError} When `afterId` lies beyond the last entry.
   */
  async reset(
    stream: string,
    group: string,
    start: StartPosition,
    options: { readonly force?: boolean } = {},
  ): Promise<ResetResult> {
    checkNames(stream, group);
    return await this.#broker.resetGroup(stream, group, checkStart(start), options);
  }

  /** All groups of a stream, in text order; empty when the stream is missing. */
  async list(stream: string): Promise<GroupInfo[]> {
    return await this.#broker.listGroups(checkName("stream", stream));
  }

  /** What is known of a group, `null` when there is none. */
  async info(stream: string, group: string): Promise<GroupInfo | null> {
    checkName("group", group);
    const groups = await this.list(stream);
    return groups.find((info) => info.group === group) ?? null;
  }

  /**
   * All consumers of a group that have pending entries or have ever joined, in text order.
   *
   * @throws {StreamMissingError} or {GroupMissingError} When stream or group are missing.
   */
  async consumers(stream: string, group: string): Promise<ConsumerInfo[]> {
    checkNames(stream, group);
    return await this.#broker.listConsumers(stream, group);
  }

  /**
   * Pending entries in id order.
   *
   * @param options Which ones; `count` defaults to 100.
   * @throws {StreamMissingError} or {GroupMissingError} When stream or group are missing.
   */
  async pending(
    stream: string,
    group: string,
    options: Partial<PendingOptions> = {},
  ): Promise<PendingEntry[]> {
    checkNames(stream, group);
    const { consumer, afterId, count = PENDING_COUNT } = options;
    if (consumer !== undefined) checkName("consumer", consumer);
    if (afterId !== undefined) parseEntryId(afterId);
    if (!Number.isSafeInteger(count) || count < 1 || count > 10_000) {
      throw new InvalidOptionError("count", count, "a whole number from 1 to 10,000");
    }
    return await this.#broker.listPending(stream, group, { ...options, count });
  }

  /**
   * Forgets a consumer's name.
   *
   * @returns `false` when there is none. Idempotent.
   * @throws {PendingEntriesError} When entries are pending for it: they would be lost for ever.
   */
  async deleteConsumer(stream: string, group: string, consumer: string): Promise<boolean> {
    checkNames(stream, group);
    return await this.#broker.deleteConsumer(stream, group, checkName("consumer", consumer));
  }
}

function checkNames(stream: string, group: string): void {
  checkName("stream", stream);
  checkName("group", group);
}

function checkStart(start: StartPosition): StartPosition {
  if (start === "beginning" || start === "end") return start;
  if (typeof start === "object" && start !== null) {
    if ("afterId" in start) return { afterId: parseEntryId(start.afterId) };
    const { fromTimeMs } = start;
    if (Number.isSafeInteger(fromTimeMs) && fromTimeMs >= 0) return { fromTimeMs };
  }
  throw new InvalidOptionError(
    "start",
    JSON.stringify(start),
    "beginning, end, {afterId} or {fromTimeMs}",
  );
}
