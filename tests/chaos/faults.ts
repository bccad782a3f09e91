/**
 * The faults: which process is hit, when, and how. Each one waits until its victim has work, because a fault that hits
 * nothing proves nothing. Most are aimed at a named point; the others come at a random moment, or near a commit.
 *
 * @module
 */

import { sleep } from "./background.ts";
import { READY_MS_MAX } from "./fleet.ts";
import { type FaultOptions, NamedFaults, STOPPED_MAX } from "./named_faults.ts";
import { Plan } from "./plan.ts";
import { ALL_POINTS } from "./points.ts";
import type { WorkerProcess } from "./worker_process.ts";

const KILLS_SHARE = 0.7;
const AIMED_SHARE = 0.5;
/** Now and then a process is hit that has only just been started. */
const NOT_READY_SHARE = 0.1;
/** Some faults leave the workers alone for a while first; the others come as soon as a victim has work. */
const CALM_SHARE = 0.2;
const CALM_MS_MAX = 400;
/** About what a handler takes, in ms, so that a fault may hit any part of it. */
const HANDLER_MS = 15;
/** How long a fault waits until its victim has work, in ms. */
const WORK_MS_MAX = 1_500;
/** About what a commit takes at most, in ms, so that a fault may also hit what comes after it. */
const COMMIT_MS = 10;
/** Once in so many faults a second process is started under a name that is in use. */
const TWINS_EVERY = 12;
/** How often a point is aimed at before it is given up that it can be hit. */
const TRIES_MAX = 4;

/** Makes faults, one after the other. */
export class Faults {
  readonly #options: FaultOptions;
  readonly #named: NamedFaults;
  readonly #plan: Plan;

  /** @param options Whom to hit. */
  constructor(options: FaultOptions) {
    this.#options = options;
    this.#named = new NamedFaults(options);
    this.#plan = new Plan(options.random);
  }

  /** What comes before a fault: often nothing, a calm, or a second process under a name that is in use. */
  async prelude(): Promise<void> {
    const { random } = this.#options;
    if (random.between(1, TWINS_EVERY) === 1) await this.#twin();
    if (random.chance(CALM_SHARE)) await sleep(random.between(0, CALM_MS_MAX));
  }

  /** Makes one fault, or two where one prepares the other; none when nobody came to the point that was aimed at. */
  async strike(): Promise<void> {
    const point = this.#plan.next();
    if (point !== null) await this.#named.strike(point);
    else await this.strikeAnywhere();
  }

  /** Kills the first process there is while it starts, before there is a group. */
  async strikeFirst(name: string): Promise<void> {
    const { random } = this.#options;
    const points = ["start.joined", "start.validating", "start.established"] as const;
    await this.#named.strikeFirst(name, random.pick(points) ?? "start.joined");
  }

  /** Makes sure that every point has been hit. */
  async completePoints(): Promise<void> {
    for (const point of ALL_POINTS) {
      for (let tries = 0; tries < TRIES_MAX && !this.#options.hits.isProven(point); tries++) {
        if (this.#options.fleet.isHopeless) return;
        await this.#named.strike(point);
      }
    }
  }

  /** Hits a process at a random moment, or near a commit. */
  async strikeAnywhere(): Promise<void> {
    const { random, watch, hits, fleet } = this.#options;
    const victim = await this.#victim();
    if (victim === null) return;
    await sleep(random.between(0, HANDLER_MS));
    const kind = random.chance(KILLS_SHARE) ? "kill" : "stop";
    const at = random.chance(AIMED_SHARE) ? await this.#atCommit(victim) : this.#now(victim);
    const { pending } = await watch.look();
    const own = pending.filter(({ consumer }) => consumer === victim.name);
    const isPending = own.some(({ id }) => id === at);
    hits.add({
      kind,
      name: victim.name,
      running: victim.running.size,
      pending: own.length,
      commit: at === null ? null : isPending ? "did not land" : "landed",
      hit: null,
    });
    if (kind === "kill") await fleet.replaceKilled(victim);
    else this.#continueLater(victim);
  }

  /** A victim that has work, if there is one in time; `null` when nobody is left. */
  async #victim(): Promise<WorkerProcess | null> {
    const { random, fleet } = this.#options;
    const anybody = random.chance(NOT_READY_SHARE);
    const endMs = Date.now() + WORK_MS_MAX;
    while (!fleet.isHopeless) {
      const { hittable, stoppedCount } = fleet;
      const busy = hittable.filter((worker) => anybody || worker.running.size > 0);
      const late = Date.now() > endMs;
      const victim = random.pick(late ? hittable : busy);
      if (victim !== undefined && (stoppedCount < STOPPED_MAX || late)) return victim;
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
    const line = await victim.hear("committing", {
      withinMs: WORK_MS_MAX,
      act: () => {
        const endMs = performance.now() + delayMs;
        while (performance.now() < endMs); // a timer is too coarse
        victim.signal("SIGSTOP");
      },
    });
    if (line === null) this.#now(victim);
    return line?.kind === "committing" ? line.id : null;
  }

  #continueLater(victim: WorkerProcess): void {
    const { random, leaseMs, background } = this.#options;
    background.begin(async () => {
      await sleep(leaseMs * (1 + 2 * random.next()));
      victim.signal("SIGCONT");
    });
  }

  /** Starts a second process under a name; in half of the cases the older one is stopped until it is replaced. */
  async #twin(): Promise<void> {
    const { random, fleet, leaseMs, hits, background } = this.#options;
    const older = random.pick(fleet.hittable.filter(({ isReady }) => isReady));
    if (older === undefined) return;
    const isZombie = random.chance(0.5);
    hits.twins++;
    if (isZombie) {
      hits.zombies++;
      older.signal("SIGSTOP");
      await sleep(leaseMs * random.next());
    }
    const newer = fleet.start(older.name);
    background.begin(async () => {
      // The newer one may be hit before it has joined; then it is started again, and its successor replaces the older.
      await newer.hear("ready", { withinMs: READY_MS_MAX });
      older.signal("SIGCONT");
      await fleet.expectReplaced(older);
    });
  }
}
