/**
 * The faults: which process is hit, when, and how. Each one waits until its victim has work, because a fault that hits
 * nothing proves nothing; a share of them is aimed at the instant of a commit.
 *
 * @module
 */

import type { Broker } from "../../src/ports/broker.ts";
import { type Fleet, READY_MS_MAX } from "./fleet.ts";
import { GROUP, SOURCE } from "./moment.ts";
import type { Seeded } from "./seeded.ts";
import type { WorkerProcess } from "./worker_process.ts";

/** One fault, and what it hit. */
export interface Fault {
  readonly kind: "kill" | "stop";
  readonly name: string;
  /** Handlers that ran. */
  readonly running: number;
  /** Entries that were pending for the victim. */
  readonly pending: number;
  /** Aimed at a commit: whether that commit was found to have landed; `null` when it was not aimed. */
  readonly commit: "landed" | "did not land" | null;
}

/** What the faults did. */
export interface FaultCounts {
  readonly kills: number;
  readonly stops: number;
  /** Faults whose victim ran handlers or had pending entries. */
  readonly inFlight: number;
  /** Faults at the instant of a commit: those that landed, and those that did not. */
  readonly commitsLanded: number;
  readonly commitsCut: number;
  /** Times when two processes lived under one name, and how many of the older ones were stopped meanwhile. */
  readonly twins: number;
  readonly zombies: number;
}

/** How faults are made. */
export interface FaultOptions {
  readonly fleet: Fleet;
  readonly broker: Broker;
  readonly random: Seeded;
  readonly leaseMs: number;
}

const KILLS_SHARE = 0.7;
const AIMED_SHARE = 0.5;
/** Now and then a process is hit that has only just been started. */
const NOT_READY_SHARE = 0.1;
/** More stopped ones at a time would leave nobody to take over. */
const STOPPED_MAX = 2;
/** Some faults leave the workers alone for a while first; the others come as soon as a victim has work. */
const CALM_SHARE = 0.3;
const CALM_MS_MAX = 400;
/** About what a handler takes, in ms, so that a fault may hit any part of it. */
const HANDLER_MS = 15;
/** How long a fault waits until its victim has work, in ms. */
const WORK_MS_MAX = 1_500;
/** About what a commit takes at most, in ms, so that a fault may also hit what comes after it. */
const COMMIT_MS = 10;
/** Once in so many faults a second process is started under a name that is in use. */
const TWINS_EVERY = 12;

/** Makes faults, one after the other. */
export class Faults {
  readonly #options: FaultOptions;
  readonly #faults: Fault[] = [];
  readonly #later = new Set<Promise<void>>();
  #twins = 0;
  #zombies = 0;

  /** @param options Whom to hit. */
  constructor(options: FaultOptions) {
    this.#options = options;
  }

  /** What was done so far. */
  get counts(): FaultCounts {
    const count = (which: (fault: Fault) => boolean) => this.#faults.filter(which).length;
    return {
      kills: count((fault) => fault.kind === "kill"),
      stops: count((fault) => fault.kind === "stop"),
      inFlight: count((fault) => fault.running > 0 || fault.pending > 0),
      commitsLanded: count((fault) => fault.commit === "landed"),
      commitsCut: count((fault) => fault.commit === "did not land"),
      twins: this.#twins,
      zombies: this.#zombies,
    };
  }

  /** What comes before a fault: often nothing, a calm, or a second process under a name that is in use. */
  async prelude(): Promise<void> {
    const { random } = this.#options;
    if (random.between(1, TWINS_EVERY) === 1) await this.#twin();
    if (random.chance(CALM_SHARE)) await sleep(random.between(0, CALM_MS_MAX));
  }

  /** Makes one fault. @returns when it was made; its victim may be stopped for a while longer. */
  async strike(): Promise<void> {
    const { random } = this.#options;
    const victim = await this.#victim();
    if (victim === null) return;
    await sleep(random.between(0, HANDLER_MS));
    const isKill = random.chance(KILLS_SHARE);
    const at = random.chance(AIMED_SHARE) ? await this.#atCommit(victim) : this.#now(victim);
    const running = victim.running.size;
    const ids = await this.#pendingOf(victim);
    const commit = at === null ? null : ids.includes(at) ? "did not land" : "landed";
    this.#faults.push({
      kind: isKill ? "kill" : "stop",
      name: victim.name,
      running,
      pending: ids.length,
      commit,
    });
    if (isKill) await this.#options.fleet.replaceKilled(victim);
    else this.#continueLater(victim);
  }

  /** Waits until no process is stopped any more. */
  async settle(): Promise<void> {
    await Promise.all(this.#later);
  }

  /** A victim that has work, if there is one in time; `null` when nobody is left. */
  async #victim(): Promise<WorkerProcess | null> {
    const { random, fleet } = this.#options;
    const anybody = random.chance(NOT_READY_SHARE);
    const endMs = Date.now() + WORK_MS_MAX;
    while (!fleet.isHopeless) {
      const hittable = fleet.workers.filter((worker) => !worker.isStopped && !worker.isDoomed);
      const stopped = fleet.workers.filter((worker) => worker.isStopped).length;
      const busy = hittable.filter((worker) => anybody || worker.running.size > 0);
      const late = Date.now() > endMs;
      const victim = random.pick(late ? hittable : busy);
      if (victim !== undefined && (stopped < STOPPED_MAX || late)) return victim;
      await sleep(2);
    }
    return null;
  }

  /** Every fault first stops its victim, so that what it holds can be counted before it dies. */
  #now(victim: WorkerProcess): null {
    victim.signal("SIGSTOP");
    return null;
  }

  /** Stops the victim when it says that it commits: before, during or after the broker's work on it. */
  async #atCommit(victim: WorkerProcess): Promise<string | null> {
    const delayMs = this.#options.random.chance(0.5) ? 0 : this.#options.random.next() * COMMIT_MS;
    victim.ask("tellNextCommit");
    const line = await victim.hear("committing", WORK_MS_MAX, () => {
      const endMs = performance.now() + delayMs;
      while (performance.now() < endMs); // a timer is too coarse
      victim.signal("SIGSTOP");
    });
    if (line === null) this.#now(victim);
    return line?.kind === "committing" ? line.id : null;
  }

  async #pendingOf(victim: WorkerProcess): Promise<string[]> {
    const options = { consumer: victim.name, count: 1_000 };
    const pending = await this.#options.broker.listPending(SOURCE, GROUP, options);
    return pending.map(({ id }) => id);
  }

  #continueLater(victim: WorkerProcess): void {
    const { random, leaseMs } = this.#options;
    this.#inBackground(async () => {
      await sleep(leaseMs * (1 + 2 * random.next()));
      victim.signal("SIGCONT");
    });
  }

  /** Starts a second process under a name; in half of the cases the older one is stopped until it is replaced. */
  async #twin(): Promise<void> {
    const { random, fleet, leaseMs } = this.#options;
    const older = random.pick(
      fleet.workers.filter((worker) => worker.isReady && !worker.isStopped && !worker.isDoomed),
    );
    if (older === undefined) return;
    const isZombie = random.chance(0.5);
    this.#twins++;
    if (isZombie) {
      this.#zombies++;
      older.signal("SIGSTOP");
      await sleep(leaseMs * random.next());
    }
    const newer = fleet.start(older.name);
    this.#inBackground(async () => {
      // The newer one may be hit before it has joined; then it is started again, and its successor replaces the older.
      await newer.hear("ready", READY_MS_MAX);
      older.signal("SIGCONT");
      await fleet.expectReplaced(older);
    });
  }

  #inBackground(work: () => Promise<void>): void {
    const running = work().finally(() => this.#later.delete(running));
    this.#later.add(running);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
