/**
 * The meaning of the consumer machine's `request…` actions: each starts one effect at the ports and answers with an
 * event that carries the number of the request. All that must be closed is owned here, not in the machine: a machine
 * that fails leaves its children alone. Its end is in ending.ts.
 *
 * @module
 */

import { backoffMs, BROKER_BACKOFF } from "../domain/backoff.ts";
import { ENTRY_ID_ZERO, type EntryId } from "../domain/entry_id.ts";
import type { Membership } from "../ports/consumer_store.ts";
import { Answers } from "./answers.ts";
import { Committer } from "./committer.ts";
import { Ending } from "./ending.ts";
import { LeaseKeeper } from "./lease_keeper.ts";
import { LossWatch } from "./loss_watch.ts";
import type { consumerMachine } from "./machine.ts";
import type { ConsumerContext } from "./machine_events.ts";
import { Mirror } from "./mirror.ts";
import type { EffectsOptions } from "./effects_options.ts";
import type { ResolvedConsumerOptions } from "./options.ts";
import { Opening } from "./opening.ts";
import { type ReadAnswer, Reader } from "./reader.ts";
import { Timers } from "./timers.ts";

/** How many looks for dead consumers there are in one lease. */
const RECLAIMS_PER_LEASE = 4;

/** The effects of one consumer. */
export class Effects {
  readonly #options: ResolvedConsumerOptions;
  readonly #given: EffectsOptions;
  readonly #reader: Reader;
  readonly #committer: Committer;
  readonly #leases: LeaseKeeper;
  readonly #losses: LossWatch;
  readonly #mirror: Mirror | null;
  readonly #opening: Opening;
  readonly #timers: Timers;
  readonly #ending: Ending;
  readonly #answers: Answers;
  #reclaimsRun = false;
  #position: EntryId = ENTRY_ID_ZERO;
  #backOffUntilMs: number | null = null;

  /** @param given Options, pool, and whom to tell. */
  constructor(given: EffectsOptions) {
    const { options, pool, report, send } = given;
    const { broker, clock, random, leaseMs, checkpointStore, onDataLoss } = options;
    this.#given = given;
    this.#options = options;
    const { count, blockMs } = options;
    this.#reader = new Reader({ broker, pool, count, blockMs, report });
    this.#committer = new Committer({
      ...{ broker, pool, report, withDone: checkpointStore !== null },
      onFinished: (id) => this.#reader.finished(id),
    });
    this.#mirror = checkpointStore === null
      ? null
      : new Mirror({ store: checkpointStore, clock, random, report });
    this.#answers = new Answers(() => pool.load, send);
    this.#opening = new Opening({ options, place: given.place, mirror: this.#mirror, report });
    this.#timers = new Timers(clock);
    this.#leases = new LeaseKeeper({
      broker,
      clock,
      leaseMs,
      ids: () => [...pool.ids(), ...this.#reader.heldIds()],
      onFenced: (ids) => {
        // What was committed while the renewal was under way is not pending either, and no loss.
        const held = ids.filter((id) => pool.has(id) || this.#reader.heldIds().includes(id));
        this.letGo(held);
        if (held.length > 0) report({ kind: "fenced", ids: held });
      },
      onReplaced: (error) => {
        this.#answers.note(error);
        send({ type: "broker.fenced", code: error.code, message: error.message });
      },
      onForgotten: ({ code, message }) =>
        this.#answers.send({
          type: "broker.forgot",
          code,
          message,
        }),
    });
    this.#losses = new LossWatch({
      ...{ broker, clock, onDataLoss, report },
      onStop: (error) => {
        this.#answers.note(error);
        this.#answers.send({ type: "broker.lost", code: error.code, message: error.message });
      },
    });
    this.#ending = new Ending({
      ...{ options, pool, onAbandon: given.onAbandon, answers: this.#answers },
      ...{ opening: this.#opening, reader: this.#reader, committer: this.#committer },
      ...{ leases: this.#leases, losses: this.#losses, mirror: this.#mirror, timers: this.#timers },
    });
  }

  /** The consumer's place in the group, `null` before it has joined. */
  get membership(): Membership | null {
    return this.#opening.membership;
  }

  /** The last error that a call threw. */
  get lastError(): unknown {
    return this.#answers.lastError;
  }

  /** Whether a commit is under way: what is settled meanwhile is told with its answer. */
  get isCommitting(): boolean {
    return this.#committer.isUnderWay;
  }

  /** When the last wait after a failed call ends or has ended, in ms since 1970; `null` when there was none. */
  get backOffUntilMs(): number | null {
    return this.#backOffUntilMs;
  }

  /** Lets go of entries that are this consumer's no more; their handlers are told. */
  letGo(ids: readonly EntryId[]): void {
    this.#reader.fence(ids);
    this.#given.pool.fence(ids);
  }

  /** Gives the chart's actions their meaning. */
  give(machine: typeof consumerMachine): typeof consumerMachine {
    return machine.provide({
      actions: {
        requestJoin: ({ context }) => this.join(context),
        requestEstablish: ({ context }) => this.establish(context),
        requestRead: ({ context }) => this.read(context, { isAhead: false }),
        requestReadAhead: ({ context }) => this.read(context, { isAhead: true }),
        holdRead: () => this.hold(),
        requestClaim: ({ context }) => this.claim(context),
        startBatch: () => this.startBatch(),
        requestCommit: ({ context }) => this.commit(context),
        requestSave: ({ context }) => this.save(context),
        requestDelay: ({ context }) => this.delay(context),
        requestDrain: () => this.#ending.drain(),
        requestRelease: ({ context }) => this.#ending.release(context.request),
        // Only where an operator asked for silence; under pressure nothing was fetched too much.
        handBackUnstarted: ({ context }) => {
          if (context.pauseWanted) this.#ending.handBack();
        },
        abandonInFlight: () => this.#ending.abandon(),
      },
    });
  }

  /** `requestJoin` */
  join({ request }: ConsumerContext): void {
    this.#leases.suspend(); // nothing is held now
    this.#losses.suspend();
    this.#answers.run(request, async () => {
      return { type: "broker.joined", request, ...await this.#opening.join() };
    });
  }

  /** `requestEstablish` */
  establish({ request }: ConsumerContext): void {
    this.#answers.run(request, async () => {
      const position = await this.#opening.establish();
      const membership = this.#opening.joined();
      this.#position = position;
      this.#reader.begin(membership);
      this.#leases.begin(membership);
      this.#losses.begin(membership);
      this.#startReclaims();
      return { type: "broker.established", request, position };
    });
  }

  /** `requestRead`; `requestReadAhead` beside a commit, and new entries only: those of the own list may be in the commit. */
  read(
    { request, ownPendingDrained, pauseWanted }: ConsumerContext,
    { isAhead }: { readonly isAhead: boolean },
  ): void {
    if (isAhead && (pauseWanted || !ownPendingDrained)) return;
    this.#reader.read({
      ownFirst: !ownPendingDrained,
      isAhead,
      answer: (answer) => this.#answerRead(request, answer),
    });
  }

  /** `holdRead` */
  hold(): void {
    this.#reader.hold();
  }

  /** `startBatch` */
  startBatch(): void {
    this.#given.pool.admit(this.#reader.take());
  }

  /** `requestClaim` */
  claim({ request, reclaimAfter, load }: ConsumerContext): void {
    this.#answers.run(request, async () => {
      const { leaseMs, count } = this.#options;
      const next = await this.#reader.claim(this.#opening.joined(), {
        idleMsMin: leaseMs,
        afterId: reclaimAfter,
        count: Math.max(1, Math.min(count, load.demand)),
      });
      const span = this.#reader.span;
      return {
        type: "broker.claimed",
        request,
        count: span === null ? 0 : this.#reader.heldIds().length,
        span,
        next,
        load: this.#given.pool.load,
      };
    });
  }

  /** `requestCommit` */
  commit({ request }: ConsumerContext): void {
    this.#answers.run(request, async () => {
      const done = await this.#committer.commit(this.#opening.joined());
      if (done.checkpoint !== null) {
        this.#position = done.checkpoint.position;
        this.#mirror?.save(done.checkpoint);
      }
      if (done.missesEarlier) this.#reader.lookAgain();
      return {
        type: "broker.committed",
        request,
        count: done.count,
        deadLettered: done.deadLettered,
        fenced: done.fenced,
        position: this.#position,
        load: this.#given.pool.load,
      };
    });
  }

  /** `requestSave`: the checkpoint was handed to the mirror with the commit, which saves it in its own time. */
  save({ request }: ConsumerContext): void {
    this.#answers.send({ type: "store.saved", request, load: this.#given.pool.load });
  }

  /** `requestDelay` */
  delay({ request, failures }: ConsumerContext): void {
    const { random, clock } = this.#options;
    const delayMs = backoffMs(failures, { ...BROKER_BACKOFF, random: random.next() });
    this.#backOffUntilMs = clock.nowMs() + delayMs;
    this.#timers.after(delayMs, () => {
      this.#answers.send({ type: "clock.elapsed", request });
    });
  }

  /** {@linkcode Ending.dispose} */
  async dispose(): Promise<void> {
    await this.#ending.dispose();
  }

  #answerRead(request: number, answer: ReadAnswer): void {
    if (answer.kind === "failed") return this.#answers.fail(request, answer.error);
    const { count, span, ownPendingDrained } = answer;
    const { load } = this.#given.pool;
    this.#answers.send({ type: "broker.read", request, count, span, ownPendingDrained, load });
  }

  #startReclaims(): void {
    if (this.#reclaimsRun) return;
    this.#reclaimsRun = true;
    this.#timers.every(this.#options.leaseMs / RECLAIMS_PER_LEASE, () => {
      this.#answers.send({ type: "clock.reclaimDue" });
    });
  }
}
