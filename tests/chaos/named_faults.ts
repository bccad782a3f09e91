/**
 * Faults at named points: brings a worker to the point, stops it there, proves from the broker's data that it is there,
 * and then kills it, or leaves it stopped until its leases have run out and lets it go on as if nothing had happened.
 *
 * @module
 */

import { aimAtAll, aimAtStop, type Aimed, aimOfStart } from "./aim.ts";
import { type Background, sleep } from "./background.ts";
import { type Fleet, READY_MS_MAX } from "./fleet.ts";
import type { Hits } from "./hits.ts";
import type { Moment } from "./moment.ts";
import type { Watch } from "./observer.ts";
import { isUnderWay, type Point } from "./points.ts";
import { disproof } from "./proof.ts";
import type { Seeded } from "./seeded.ts";
import type { WorkerProcess } from "./worker_process.ts";

/** What faults of all kinds need. */
export interface FaultOptions {
  readonly fleet: Fleet;
  readonly watch: Watch;
  readonly random: Seeded;
  readonly leaseMs: number;
  /** Publishes more where too little is left to do. */
  readonly refill: () => Promise<void>;
  readonly hits: Hits;
  readonly background: Background;
}

const KILLS_SHARE = 0.6;
/** More stopped ones at a time would leave nobody to take over. */
export const STOPPED_MAX = 2;
/** How long a worker may take to come to a point, in ms: a stop waits for handlers, a reclaim for a lease to run out. */
const AIM_MS_MAX = 2_500;
/** How often it is looked whether workers still have something to do, in ms: they finish about one entry a ms. */
const REFILL_EVERY_MS = 50;
/** How long what the server has done may take to be seen, in ms. */
const SEEN_MS_MAX = 500;
/** A process that is stopped within a transaction holds up everybody; so long at most, in leases. */
const LOCKED_LEASES_MAX = 1.5;

/** Makes faults at named points. */
export class NamedFaults {
  readonly #options: FaultOptions;

  /** @param options Whom to hit. */
  constructor(options: FaultOptions) {
    this.#options = options;
  }

  /** Kills the first process of a name at a point of its start, before there is a group. */
  async strikeFirst(name: string, point: Point & `start.${string}`): Promise<void> {
    const { fleet, watch, hits } = this.#options;
    const before = await watch.look();
    const aimed = await aimOfStart(fleet.start(name, point), READY_MS_MAX);
    if (aimed === null) return hits.miss(point);
    await this.#look(aimed, { point, kind: "kill", before });
    aimed.worker.signal("SIGKILL");
    await aimed.worker.ended;
  }

  /** Hits a point once; counts it as missed when nobody comes there in time. */
  async strike(point: Point): Promise<void> {
    const { fleet, random, hits } = this.#options;
    let isOver = false;
    this.#keepFull(() => isOver);
    const { aimed, before } = await this.#aim(point).finally(() => isOver = true);
    if (aimed === null) return hits.miss(point);
    const { worker } = aimed;
    const mustKill = fleet.stoppedCount >= STOPPED_MAX;
    const kind = mustKill || random.chance(KILLS_SHARE) ? "kill" : "stop";
    await this.#look(aimed, { point, kind, before });
    if (kind === "kill") await this.#kill(aimed);
    else if (isUnderWay(point) && worker.wire === null) await this.#holdTheLock(worker);
    else this.#continueLater(aimed);
  }

  /** Who has nothing to do comes to no point. */
  #keepFull(isOver: () => boolean): void {
    const { refill, background } = this.#options;
    background.begin(async () => {
      while (!isOver()) {
        await refill();
        await sleep(REFILL_EVERY_MS);
      }
    });
  }

  /** @returns who waits at the point, and what the broker knew before anybody went there. */
  async #aim(point: Point): Promise<{ readonly aimed: Aimed | null; readonly before: Moment }> {
    const { fleet, watch, random } = this.#options;
    const [kind] = point.split(".");
    const withinMs = AIM_MS_MAX;
    const worker = kind === "start" || kind === "stop" || kind === "reclaim"
      ? await this.#busy()
      : null;
    if (worker !== null && kind === "stop") {
      const before = await watch.look();
      return { aimed: await aimAtStop(worker, { point, withinMs }), before };
    }
    if (worker !== null && kind === "start") {
      const before = await this.#note(worker, "kill");
      const successor = await fleet.replaceKilled(worker, point);
      return { aimed: await aimOfStart(successor, READY_MS_MAX), before };
    }
    const before = worker === null ? await watch.look() : await this.#note(worker, "stop");
    if (worker !== null) {
      this.#continueLater({ worker, ids: [], trap: null }, 2 + 2 * random.next());
    }
    const workers = await this.#ready(1);
    return { aimed: await aimAtAll(workers, { point, withinMs }), before };
  }

  /** Those that can be hit and have joined; waits until there are so many. */
  async #ready(count: number): Promise<WorkerProcess[]> {
    const { fleet } = this.#options;
    const endMs = Date.now() + READY_MS_MAX;
    for (;;) {
      const ready = fleet.hittable.filter(({ isReady }) => isReady);
      if (ready.length >= count || fleet.isHopeless || Date.now() > endMs) return ready;
      await sleep(5);
    }
  }

  /** A worker that has work, and is not the last one; `null` when there is none in time. */
  async #busy(): Promise<WorkerProcess | null> {
    const endMs = Date.now() + AIM_MS_MAX;
    while (Date.now() < endMs) {
      const ready = await this.#ready(2);
      const worker = this.#options.random.pick(ready.filter(({ running }) => running.size > 0));
      if (worker !== undefined) return worker;
      await sleep(5);
    }
    return null;
  }

  /** Stops a victim at its point and looks at what the broker knows. */
  async #look(
    { worker, ids }: Aimed,
    fault: { readonly point: Point; readonly kind: "kill" | "stop"; readonly before: Moment },
  ): Promise<void> {
    const { watch, leaseMs } = this.#options;
    const { point, kind, before } = fault;
    worker.signal("SIGSTOP");
    const { name } = worker;
    const isFinished = watch.isFinished.bind(watch);
    const judge = (moment: Moment) =>
      disproof(point, { name, ids, before, moment, isFinished, leaseMs });
    const endMs = Date.now() + SEEN_MS_MAX;
    let moment = await watch.look();
    while (point.endsWith(".applied") && judge(moment) !== null && Date.now() < endMs) {
      await sleep(2);
      moment = await watch.look();
    }
    this.#add(worker, { kind, moment, hit: { point, disproof: judge(moment) } });
  }

  /** Stops a worker for a fault that prepares another one. @returns what the broker knew then. */
  async #note(worker: WorkerProcess, kind: "kill" | "stop"): Promise<Moment> {
    worker.signal("SIGSTOP");
    const moment = await this.#options.watch.look();
    this.#add(worker, { kind, moment, hit: null });
    return moment;
  }

  #add(
    { name, running }: WorkerProcess,
    fault: {
      readonly kind: "kill" | "stop";
      readonly moment: Moment;
      readonly hit: { readonly point: Point; readonly disproof: string | null } | null;
    },
  ): void {
    const { kind, moment, hit } = fault;
    const pending = moment.pending.filter(({ consumer }) => consumer === name).length;
    this.#options.hits.add({ kind, name, running: running.size, pending, commit: null, hit });
  }

  /** What the dead one had sent is lost, or arrives now, or when its successor has joined. */
  async #kill({ worker, trap }: Aimed): Promise<void> {
    const { fleet, random, hits, background } = this.#options;
    const fate = random.between(0, 2);
    if (fate === 0) trap?.release("drop");
    const successor = await fleet.replaceKilled(worker);
    if (trap === null || fate === 0) return;
    const deliver = async () => {
      trap.release("deliver");
      await trap.answered;
      await worker.wire?.[Symbol.asyncDispose]();
    };
    if (fate === 1) {
      hits.lateAtOnce++;
      await deliver();
    } else {
      hits.lateAfterSuccessor++;
      background.begin(async () => {
        await successor.hear("ready", { withinMs: READY_MS_MAX });
        await deliver();
      });
    }
  }

  /** What a stopped one had sent goes on at once, or when it goes on itself. */
  #continueLater({ worker, trap }: Aimed, leases = 1 + 2 * this.#options.random.next()): void {
    const { random, background, leaseMs } = this.#options;
    if (random.chance(0.5)) trap?.release("deliver");
    background.begin(async () => {
      await sleep(leaseMs * leases);
      worker.letGo();
      worker.signal("SIGCONT");
      trap?.release(random.chance(0.5) ? "deliver" : "drop");
    });
  }

  /** Nobody else can write while a stopped process holds the lock of the file, and neither can the campaign. */
  async #holdTheLock(worker: WorkerProcess): Promise<void> {
    const { random, leaseMs } = this.#options;
    await sleep(leaseMs * LOCKED_LEASES_MAX * random.next());
    worker.letGo();
    worker.signal("SIGCONT");
  }
}
