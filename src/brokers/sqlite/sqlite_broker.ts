/**
 * The embedded broker: streams, groups and consumers in one SQLite file, or in memory. It answers as Redis 7.0 does;
 * the contract suite and a differential test hold the two together.
 *
 * Several processes may share a file. Within a process an append wakes its readers at once; between processes it is
 * seen within `pollMs`.
 *
 * @module
 */

import type { Delivery, Entry } from "../../domain/entry.ts";
import type { EntryId } from "../../domain/entry_id.ts";
import type { Broker } from "../../ports/broker.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type {
  CommitRequest,
  CommitResult,
  Deliveries,
  EstablishPlan,
  JoinFacts,
  Membership,
  ReadNewOptions,
  RenewResult,
  UnreadLoss,
} from "../../ports/consumer_store.ts";
import type {
  ConsumerInfo,
  GroupInfo,
  PendingEntry,
  PendingOptions,
  QuarantinedCheckpoint,
  ResetResult,
  StartPosition,
} from "../../ports/group_store.ts";
import type { AnnouncedInstance } from "../../ports/instance_store.ts";
import { type Random, systemRandom } from "../../ports/random.ts";
import type {
  AppendEntry,
  AppendOptions,
  AppendResult,
  RangeOptions,
  StreamInfo,
  TrimBound,
} from "../../ports/stream_store.ts";
import { Breather } from "./breather.ts";
import { readCheckpoint } from "./checkpoints.ts";
import { Commits } from "./commit.ts";
import { Connection, MEMORY } from "./connection.ts";
import { Groups } from "./groups.ts";
import { type ClaimPage, HandOut, type OwnPage } from "./hand_out.ts";
import { Instances } from "./instances.ts";
import { SqliteJournalStore } from "./journals_store.ts";
import { type Joiner, Joining } from "./joining.ts";
import { Leases } from "./leases.ts";
import { checkCount } from "./limits.ts";
import { findUnreadLoss, type LossLook } from "./losses.ts";
import { ownerOf, ReadNew } from "./read_new.ts";
import { Resetting } from "./resetting.ts";
import { Streams } from "./streams.ts";
import { UserWork } from "./user_work.ts";
import { Waiters } from "./waiters.ts";

/** Well under the 50 ms within which another process's append is promised to be seen; a poll costs some microseconds. */
const POLL_MS = 15;

/** How to open the embedded broker. */
export interface SqliteBrokerOptions {
  /** The file; or `:memory:`, which nobody else sees and which ends with the broker. */
  readonly path: string;
  /** Whether a missing file is made. Default `true`. */
  readonly createFile?: boolean;
  /** How often to look for other processes' appends while somebody waits, in ms; 1 to 1,000, default 15. */
  readonly pollMs?: number;
  /** Where time comes from; default this machine's. */
  readonly clock?: Clock;
  /** Where incarnations come from; default this machine's. */
  readonly random?: Random;
}

/**
 * Opens the embedded broker.
 *
 * @throws {BrokerUnsupportedError} When the path is not a file of ours, or one of a newer version. It is left as it was.
 * @throws {BrokerUnavailableError} When the file cannot be opened for now.
 * @throws {FileMissingError} When the file does not exist and is not to be made.
 * @throws {PermissionMissingError} When this program was not allowed to read and write the file.
 * @throws {AccessDeniedError} When the file is read-only.
 *
 * @example
 * ```ts
 * import { openSqliteBroker } from "./sqlite_broker.ts";
 *
 * await using broker = await openSqliteBroker({ path: ":memory:" });
 * await broker.append("orders", [{ fields: ["event_type", "order.created", "payload", "{}"] }]);
 * ```
 */
export async function openSqliteBroker(options: SqliteBrokerOptions): Promise<Broker> {
  const { path, pollMs = POLL_MS, clock = systemClock, random = systemRandom } = options;
  checkCount("pollMs", pollMs, 1_000);
  const connection = Connection.open(path, options);
  return new SqliteBroker(connection, { clock, random, pollMs: path === MEMORY ? 0 : pollMs });
}

class SqliteBroker extends SqliteJournalStore implements Broker {
  readonly kind = "sqlite";
  readonly location: string;
  readonly #connection: Connection;
  readonly #waiters: Waiters;
  readonly #streams: Streams;
  readonly #groups: Groups;
  readonly #resetting: Resetting;
  readonly #joining: Joining;
  readonly #handOut: HandOut;
  readonly #readNew: ReadNew;
  readonly #leases: Leases;
  readonly #commits: Commits;
  readonly #instances: Instances;

  constructor(
    connection: Connection,
    options: { readonly clock: Clock; readonly random: Random; readonly pollMs: number },
  ) {
    const { clock, random } = options;
    const context = { connection, clock, random };
    const waiters = new Waiters(connection, options);
    const breather = new Breather(clock === systemClock);
    super(context, { waiters, breather });
    this.location = connection.location;
    this.#connection = connection;
    this.#waiters = waiters;
    this.#streams = new Streams(context, waiters);
    this.#groups = new Groups(context, waiters);
    this.#resetting = new Resetting(context, waiters);
    this.#joining = new Joining(context, { streams: this.#streams, waiters });
    this.#handOut = new HandOut(context, waiters);
    this.#readNew = new ReadNew(context, { waiters, breather });
    this.#leases = new Leases(context, waiters);
    this.#commits = new Commits(context, { waiters, userWork: new UserWork(connection) });
    this.#instances = new Instances(context);
  }

  async createStream(stream: string): Promise<boolean> {
    return this.#streams.create(stream);
  }

  async deleteStream(...given: Parameters<Broker["deleteStream"]>): Promise<boolean> {
    return this.#streams.delete(...given);
  }

  async listStreams(): Promise<string[]> {
    return this.#streams.list();
  }

  async append(
    stream: string,
    entries: readonly AppendEntry[],
    options: AppendOptions = {},
  ): Promise<AppendResult[]> {
    return this.#streams.append(stream, entries, options);
  }

  async range(stream: string, options: RangeOptions): Promise<Entry[]> {
    return this.#streams.range(stream, options);
  }

  async trim(stream: string, bound: TrimBound): Promise<number> {
    return this.#streams.trim(stream, bound);
  }

  async deleteEntries(stream: string, ids: readonly EntryId[]): Promise<number> {
    return this.#streams.deleteEntries(stream, ids);
  }

  async streamInfo(stream: string): Promise<StreamInfo | null> {
    return this.#streams.info(stream);
  }

  async streamBytes(stream: string): Promise<number | null> {
    return this.#streams.bytes(stream);
  }

  async createGroup(
    stream: string,
    group: string,
    start: StartPosition,
    options: { readonly createStream?: boolean } = {},
  ): Promise<boolean> {
    const { createStream = false } = options;
    return this.#groups.create(stream, group, { start, createStream });
  }

  async deleteGroup(
    stream: string,
    group: string,
    options: { readonly force?: boolean } = {},
  ): Promise<boolean> {
    return this.#groups.delete(stream, group, options.force ?? false);
  }

  async resetGroup(
    stream: string,
    group: string,
    start: StartPosition,
    options: { readonly force?: boolean } = {},
  ): Promise<ResetResult> {
    return this.#resetting.reset(stream, group, { start, force: options.force ?? false });
  }

  async listQuarantined(stream: string, group: string): Promise<QuarantinedCheckpoint[]> {
    return this.#resetting.listQuarantined(stream, group);
  }

  async listGroups(stream: string): Promise<GroupInfo[]> {
    return this.#groups.list(stream);
  }

  async listConsumers(stream: string, group: string): Promise<ConsumerInfo[]> {
    return this.#groups.listConsumers(stream, group);
  }

  async deleteConsumer(stream: string, group: string, consumer: string): Promise<boolean> {
    return this.#groups.deleteConsumer(stream, group, consumer);
  }

  async listPending(
    stream: string,
    group: string,
    options: PendingOptions,
  ): Promise<PendingEntry[]> {
    return this.#groups.listPending(stream, group, options);
  }

  async join(member: Joiner): Promise<JoinFacts> {
    return this.#joining.join(member);
  }

  async establish(membership: Membership, plan: EstablishPlan): Promise<number> {
    return this.#joining.establish(membership, plan);
  }

  async readOwnPending(membership: Membership, options: OwnPage): Promise<Deliveries> {
    return this.#handOut.own(membership, options);
  }

  readNew(membership: Membership, options: ReadNewOptions): Promise<Delivery[]> {
    return this.#readNew.read(membership, options);
  }

  async claim(membership: Membership, options: ClaimPage): Promise<Deliveries> {
    return this.#handOut.claim(membership, options);
  }

  async renew(membership: Membership, ids: readonly EntryId[]): Promise<RenewResult> {
    return this.#leases.renew(membership, ids);
  }

  async release(membership: Membership, ids: readonly EntryId[] | "all"): Promise<number> {
    return this.#leases.release(membership, ids);
  }

  async recordFailure(membership: Membership, id: EntryId, failures: number): Promise<void> {
    this.#leases.recordFailure(membership, id, failures);
  }

  async commit(membership: Membership, request: CommitRequest): Promise<CommitResult> {
    return this.#commits.commit(membership, request);
  }

  async findUnreadLoss(membership: Membership, look: LossLook): Promise<UnreadLoss | null> {
    return findUnreadLoss(this.#connection, membership, look);
  }

  async loadCheckpoint(stream: string, group: string): Promise<unknown> {
    return this.#connection.read(`read the checkpoint of group "${group}"`, () => {
      return readCheckpoint(this.#connection, { stream, group });
    });
  }

  async announce(instance: string, text: string, leaseMs: number): Promise<void> {
    this.#instances.announce(instance, text, leaseMs);
  }

  async withdraw(instance: string): Promise<void> {
    this.#instances.withdraw(instance);
  }

  async listInstances(): Promise<AnnouncedInstance[]> {
    return this.#instances.list();
  }

  async leave(membership: Membership): Promise<void> {
    this.#waiters.end(ownerOf(membership));
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    this.#waiters.end("all");
    this.#connection.close();
  }
}
