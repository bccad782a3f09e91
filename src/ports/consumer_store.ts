/**
 * The port for one consumer of one group: join, read, renew, commit, hand back. These are the calls that the guarantee
 * rests on. Each is atomic, and each but `readNew` of an unordered group checks the epoch and the ticket: when a newer
 * process has joined under the same name, it throws `ConsumerFencedError` and has applied nothing; when an operator has
 * reset the group since, it throws `GroupResetError`, and the consumer has to join again.
 *
 * **Order by key.** With `order: "key"` the broker keeps, for every key, the unfinished entries of the group in id
 * order. An entry is handed to a consumer only if every earlier unfinished entry of its key has been handed to the same
 * consumer, whose lanes then keep them in order. Otherwise it becomes pending for the consumer that asked, but waits:
 * it comes with a later `readNew` of that consumer, when the commit of the last earlier entry has set it free. So the
 * events of a key are with one consumer at a time, and whoever reads shares in the work. The rule holds for every
 * hand-out: new, own pending, claimed, handed back. A consumer for which 1,000 entries wait is given no new ones.
 *
 * Every method may throw what `StreamStore` methods may, and `GroupMissingError` when stream or group are gone (T5).
 *
 * @module
 */

import type { Checkpoint } from "../domain/checkpoint.ts";
import type { Delivery } from "../domain/entry.ts";
import type { EntryId } from "../domain/entry_id.ts";
import type { Settlement, Verdict } from "../domain/settlement.ts";
import type { StreamInfo } from "./stream_store.ts";

/** Whether the entries of a key keep their order across the whole group. */
export type Order = "key" | "none";

/** A consumer's place in a group, from `join`. All consumers of a group must use the same `order`. */
export interface Membership {
  /** The stream. */
  readonly stream: string;
  /** The group. */
  readonly group: string;
  /** The consumer's name, unique in the group. */
  readonly consumer: string;
  /** Counts the joins under this name; from 1, and again from 1 where the name, its group or its stream was deleted. */
  readonly epoch: number;
  /** Tells this join from every other one, also where the count has begun anew. The last join's is the living one. */
  readonly ticket: string;
  /** Whether the order of keys is kept. */
  readonly order: Order;
}

/** What a consumer learns when it joins. */
export interface JoinFacts {
  /** Its place, with the new epoch. */
  readonly membership: Membership;
  /** The broker's time, in ms since 1970. */
  readonly nowMs: number;
  /** The stream, `null` when it is missing. */
  readonly stream: StreamInfo | null;
  /** The group, `null` when it is missing. */
  readonly group: {
    /** The highest id handed out. */
    readonly lastDeliveredId: EntryId;
    /** How many entries it has read or was told to be lost, `null` where the broker cannot tell (T14). */
    readonly entriesRead: number | null;
    /** What `findUnreadLoss` would find now; `null` also where the broker cannot tell. */
    readonly unreadLoss: UnreadLoss | null;
    /** How many entries are pending for anybody. */
    readonly pendingCount: number;
    /** The lowest id pending for anybody, `null` for none. */
    readonly firstPendingId: EntryId | null;
    /** How many entries are pending for this consumer. */
    readonly ownPendingCount: number;
  } | null;
  /** The stored checkpoint as it was found, `null` for none. Give it to `decodeCheckpoint`. */
  readonly checkpoint: unknown;
  /** `entriesAdded` of the stream when the checkpoint was last established or released; 0 when unknown. */
  readonly entriesAddedAtCheckpoint: number;
}

/** Entries that were trimmed or deleted before anybody of the group read them. */
export interface UnreadLoss {
  /** How many; at least 1. */
  readonly lost: number;
  /** They lay above this id: up to it nothing was missing. */
  readonly afterId: EntryId;
  /** They lay below this id; `null` when nothing is known to lie above them. */
  readonly beforeId: EntryId | null;
}

/** What `establish` makes of the group. */
export interface EstablishPlan {
  /** Make the stream when it is missing. */
  readonly createStream: boolean;
  /**
   * `keep`: leave it; `create`: make it after this id unless it exists; `advance`: move its position forward to this id
   * if it lies below (V4); `reset`: make it or move it to this id in any direction, for a policy that says so (V6, V7).
   */
  readonly group: "keep" | { readonly create: EntryId } | { readonly advance: EntryId } | {
    readonly reset: EntryId;
  };
  /**
   * `keep`: leave it; `ofNewGroup`: that of the group which this plan creates, and nothing where the group exists by now:
   * whoever made it may have begun it elsewhere, and what lies in between is not finished; otherwise write this position
   * and done-set, which are finished, for the stream's present incarnation. Written forward only within an incarnation,
   * but for a plan whose group is `reset`.
   */
  readonly checkpoint: "keep" | "ofNewGroup" | {
    readonly position: EntryId;
    readonly done: readonly EntryId[];
  };
  /**
   * So many entries of `JoinFacts.group.unreadLoss` are to be accounted for: counted as lost, and not found again. Only
   * beside `group: "keep"`; a group that is moved has lost nothing that lies behind its new position. Default 0.
   */
  readonly accountFor?: number;
  /** Move the present checkpoint aside first, to be looked at later; it is never deleted (V9). */
  readonly quarantine: boolean;
  /**
   * `JoinFacts.checkpoint` that the plan was decided on. A plan that resets or quarantines is refused when another
   * consumer has changed the checkpoint since, so that two of them do not begin anew one after the other. Default: not
   * checked.
   */
  readonly decidedOn?: unknown;
}

/** How to read new entries. */
export interface ReadNewOptions {
  /** At most so many; 1 to 1,000. */
  readonly count: number;
  /** How long to wait when there is none, in ms; 0 does not wait. */
  readonly blockMs: number;
  /** Ends the wait; the call then resolves with what it has, never rejects. Entries that it does not return may be pending. */
  readonly signal: AbortSignal;
  /**
   * Told of entries that waited or were handed back, and whose data is gone: this call has finished them as lost, as `claim`
   * does (T7). Their ids, ascending.
   */
  readonly onLost?: (ids: readonly EntryId[]) => void;
}

/** Entries handed to a consumer. */
export interface Deliveries {
  /** In id order. */
  readonly entries: Delivery[];
  /** Ids pending for this consumer whose data is gone (T7): settle them as `lost`. */
  readonly lost: EntryId[];
  /** Where the next page begins, `null` at the end. An empty page does not mean the end (T8). */
  readonly next: EntryId | null;
}

/** What to commit. */
export interface CommitRequest {
  /**
   * Marks this commit; the same token sent again is answered `already`. Only the last one of a consumer is kept: `null`,
   * for a commit that nobody sends again, leaves that one in its place.
   */
  readonly token: string | null;
  /** 1 to 1,000, ids ascending and distinct. */
  readonly settlements: readonly Settlement[];
  /** Also answer the whole done-set, for a separate checkpoint store. */
  readonly withDone: boolean;
}

/** What a commit did. */
export interface CommitResult {
  /** `already`: this token had landed before; verdicts are those of that time. */
  readonly kind: "committed" | "already";
  /** One per settlement, in order. */
  readonly verdicts: readonly Verdict[];
  /** What the work of `failed` entries threw. */
  readonly workErrors: ReadonlyMap<EntryId, unknown>;
  /** The group's checkpoint after it. `done` is empty unless `withDone` was set. */
  readonly checkpoint: Checkpoint;
  /** The size of the done-set. */
  readonly doneCount: number;
}

/** What a renewal found. */
export interface RenewResult {
  /** Ids that are no longer pending for this consumer: stop working on them. */
  readonly fenced: EntryId[];
}

/** One consumer of one group. */
export interface ConsumerStore {
  /**
   * Takes a consumer's name: a new epoch, the stored checkpoint and the facts of stream and group, in one round trip.
   * Works without stream and group. From here on, calls of older joins are refused. Not idempotent, but harmless
   * to repeat.
   *
   * @throws {WrongTypeError} When a key holds something else (V10).
   */
  join(
    member: {
      readonly stream: string;
      readonly group: string;
      readonly consumer: string;
      readonly order: Order;
    },
  ): Promise<JoinFacts>;

  /**
   * Makes stream, group and checkpoint as the start-up table decided, in one step. Idempotent.
   *
   * @returns How many of `accountFor` were accounted for: fewer where another consumer has done so since the join, and
   * has told of them.
   * @throws {StreamMissingError} When there is no stream and the plan does not create it.
   * @throws {CheckpointChangedError} When the plan was decided on a checkpoint that has changed since.
   */
  establish(membership: Membership, plan: EstablishPlan): Promise<number>;

  /**
   * Reads the entries pending for this consumer, after an id.
   *
   * @param options `count`: 1 to 1,000; `countDelivery`: raise the delivery count, for a new process; not for a
   * reconnect, so that a bad network alone never makes a dead letter (T9). The entries' idle time begins anew.
   */
  readOwnPending(
    membership: Membership,
    options: { readonly afterId: EntryId; readonly count: number; readonly countDelivery: boolean },
  ): Promise<Deliveries>;

  /**
   * Reads entries that nobody has read, waiting for them on a connection of this consumer alone. Where `order` is `key`,
   * entries that waited for this consumer and are free now come first, then handed-back ones; in an unordered group
   * those come by `claim`.
   *
   * @returns Free, handed-back and new ones, each in id order; empty after `blockMs`, or when all that was new must wait.
   */
  readNew(membership: Membership, options: ReadNewOptions): Promise<Delivery[]>;

  /**
   * Takes over entries that nobody renewed for a lease, also this consumer's own: those in flight are renewed.
   *
   * @param options `idleMsMin`: the lease, in ms; `afterId`: where to begin, `next` of the page before;
   * `count`: 1 to 1,000.
   */
  claim(
    membership: Membership,
    options: { readonly idleMsMin: number; readonly afterId: EntryId; readonly count: number },
  ): Promise<Deliveries>;

  /**
   * Renews the leases of entries in flight, and of those that wait for this consumer. Never takes back what another
   * consumer has claimed (T10).
   */
  renew(membership: Membership, ids: readonly EntryId[]): Promise<RenewResult>;

  /**
   * Hands entries back, so that another consumer gets them at once; the delivery is not counted. Ids that are not
   * pending for this consumer are passed over.
   *
   * @param ids `all`: everything pending for this consumer; otherwise these, and what only waits for this consumer, which
   * nobody else could have while it reads no more.
   * @returns How many were handed back.
   */
  release(membership: Membership, ids: readonly EntryId[] | "all"): Promise<number>;

  /** Notes that a handler failed so often on an entry, so that a crash does not forget it. Idempotent. */
  recordFailure(membership: Membership, id: EntryId, failures: number): Promise<void>;

  /**
   * The commit: checks first (types, epoch, token, ownership, done-set, order of keys), then appends the outputs,
   * acknowledges, advances the checkpoint. All or nothing. Idempotent by token. What is settled as `lost` has no outputs,
   * so it waits for no earlier entry of its key.
   */
  commit(membership: Membership, request: CommitRequest): Promise<CommitResult>;

  /**
   * Looks for entries that were trimmed or deleted before the group read them, and that nobody has been told of. Seen as
   * soon as nothing that the group has not read lies behind the gap, or the group's next entry lies behind it, or a full
   * read has jumped over it. Does not wait.
   *
   * @param options `account`: count what is found as lost, in the same step, so that nobody finds it again; whoever gets
   * the answer has to tell of it. Otherwise nothing is changed, and the next look finds it too.
   * @returns What is lost, never more than is gone; `null` for nothing, or where the broker cannot tell (T14).
   */
  findUnreadLoss(
    membership: Membership,
    options: { readonly account: boolean },
  ): Promise<UnreadLoss | null>;

  /** The group's stored checkpoint with its done-set, as found; `null` for none. Does not check the epoch. */
  loadCheckpoint(stream: string, group: string): Promise<unknown>;

  /**
   * Ends what this consumer holds open (its blocking connection). Its name and pending entries stay. Idempotent.
   */
  leave(membership: Membership): Promise<void>;
}
