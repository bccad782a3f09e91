/**
 * A process of a simulation, through all of its lives: the real orchestrator with its consumers, on a clock of its own, at
 * the near end of a link to the broker. Killed, nothing of it runs any more.
 *
 * @module
 */

import { Orchestrator } from "../orchestrator/orchestrator.ts";
import type { ConsumerPlan } from "../orchestrator/plan.ts";
import type { StartPosition } from "../ports/group_store.ts";
import type { ConsumerFacts } from "../telemetry/consumer_facts.ts";
import { ClockView } from "./clock_view.ts";
import { codeOf } from "./flight.ts";
import type { Promised } from "./happening.ts";
import { Link, type LinkSetting } from "./link.ts";
import { linkedBroker } from "./linked_broker.ts";
import type { GroupPlan, MemberPlan, ProcessPlan } from "./plan.ts";
import { SeededRandom } from "./seeded_random.ts";
import type { Stage } from "./staged_handler.ts";
import { watchedHandler, type WatchedSetting } from "./watched_handler.ts";
import type { World } from "./world.ts";

/** What a process needs. */
export interface SimulatedProcessSetting {
  /** What all share. */
  readonly world: World;
  /** What it is. */
  readonly plan: ProcessPlan;
  /** What its handlers do. */
  readonly stage: Stage;
  /** The number of an entry in the plan. */
  readonly numberOf: WatchedSetting["numberOf"];
  /** Told of each of its calls. */
  readonly onCall: LinkSetting["onCall"];
  /** Told of the attempts that its handlers begin, by their number. */
  readonly onAttempt: (attempt: number) => void;
}

/** One life. */
interface Life {
  readonly number: number;
  readonly clock: ClockView;
  readonly link: Link;
  readonly orchestrator: Orchestrator;
  readonly fate: Fate;
}

/** What becomes of a life. */
interface Fate {
  wasKilled: boolean;
  wasStopped: boolean;
  /** Whether it went round without end. */
  isEndless: boolean;
}

/** How often a consumer that fails is looked after: as usual, but sooner, so that plans are short. */
const SUPERVISION = { restartsMax: 5, initialMs: 50, maxMs: 2_000 } as const;

/** A process. */
export class SimulatedProcess {
  readonly #setting: SimulatedProcessSetting;
  #life: Life | null = null;
  #lives = 0;
  #aheadMs = 0;

  /** It does not run yet. @param setting What it is. */
  constructor(setting: SimulatedProcessSetting) {
    this.#setting = setting;
  }

  /** Its name. */
  get name(): string {
    return this.#setting.plan.process;
  }

  /** What it is. */
  get plan(): ProcessPlan {
    return this.#setting.plan;
  }

  /** Whether it runs, also when it stands still. */
  get isRunning(): boolean {
    return this.#life !== null;
  }

  /** Whether it was told to stop and is still at it. */
  get isStopping(): boolean {
    return this.#life?.fate.wasStopped ?? false;
  }

  /** What is known of its consumers; empty when it does not run. */
  facts(): ConsumerFacts[] {
    return this.#life?.orchestrator.facts() ?? [];
  }

  /** Starts it, unless it runs. @param repair Whether nobody had planned it. */
  start(repair = false): void {
    if (this.#life !== null) return;
    const { world } = this.#setting;
    const number = ++this.#lives;
    world.trace.note(this.name, { kind: "processStarted", life: number, repair });
    const life = this.#bear(number);
    this.#life = life;
    this.#promised(life, "finished", life.orchestrator.finished);
    this.#promised(life, "start", life.orchestrator.start());
    const finished = () => life.fate.wasStopped || this.#ended(life);
    life.orchestrator.finished.then(finished, finished);
  }

  /** Kills it, if it runs. */
  crash(): void {
    const life = this.#life;
    if (life === null) return;
    this.#life = null;
    life.fate.wasKilled = true;
    life.clock.end();
    life.link.cut();
    this.#setting.world.trace.note(this.name, { kind: "processCrashed", life: life.number });
  }

  /** Tells it to stop, if it runs. @param now Without waiting for handlers. */
  stop(now: boolean): void {
    const life = this.#life;
    if (life === null || life.fate.wasStopped) return;
    life.fate.wasStopped = true;
    this.#setting.world.trace.note(this.name, { kind: "stopAsked", life: life.number, now });
    const stopped = life.orchestrator.stop({ now });
    this.#promised(life, "stop", stopped);
    const ended = () => this.#ended(life);
    stopped.then(ended, ended);
  }

  /** Lets it stand still. */
  freeze(): void {
    this.#life?.clock.freeze();
  }

  /** Lets it go on. */
  thaw(): void {
    if (this.#life?.clock.isFrozen) this.#life.clock.thaw();
  }

  /** An operator wants its silence. */
  pause(): void {
    this.#life?.orchestrator.pause();
  }

  /** An operator lets it go on. */
  resume(): void {
    this.#life?.orchestrator.resume();
  }

  /** Its clock is set. */
  jump(byMs: number): void {
    this.#aheadMs += byMs;
    this.#life?.clock.jump(byMs);
  }

  /** Its connection breaks. */
  breakOff(): void {
    this.#life?.link.breakOff();
  }

  #bear(number: number): Life {
    const { world, onCall } = this.#setting;
    const { plan: { seed }, hooks: { inspect, wrapClock } } = world;
    const label = `${this.name} ${number}`;
    let life: Life | null = null;
    const onLook = () => this.#looked(life);
    const clock = new ClockView(world.clock, { aheadMs: this.#aheadMs, onLook });
    const fate: Fate = { wasKilled: false, wasStopped: false, isEndless: false };
    const isDead = () => fate.wasKilled;
    const random = new SeededRandom(seed, `link of ${label}`);
    const link = new Link({ world, process: this.name, clock, random, onCall });
    const orchestrator = new Orchestrator({
      broker: linkedBroker(world.broker, link),
      consumers: this.plan.members.map((member) => this.#consumer(member, { clock, isDead })),
      supervision: SUPERVISION,
      clock: wrapClock?.(clock) ?? clock,
      random: new SeededRandom(seed, label),
      log: {
        log: (level, message, fields = {}) => {
          if (level === "debug" || isDead()) return;
          world.trace.note(this.name, { kind: "logged", level, message, fields });
        },
      },
      ...(inspect === undefined ? {} : { inspect: (event) => inspect(event, this.name) }),
    });
    life = { number, clock, link, orchestrator, fate };
    return life;
  }

  /**
   * Its machines look at the clock at every turn. One that turns without end may make no call and wait for no timer, so
   * that nothing of it could fail: it is told to stop, which a machine hears in every state. Whoever turns on has no clock.
   */
  #looked(life: Life | null): void {
    const { world } = this.#setting;
    const loop = world.instant.looked(this.name);
    if (loop === null || life === null) return;
    if (life.fate.isEndless) throw loop;
    life.fate.isEndless = true;
    world.fail(loop);
    life.clock.end();
    life.link.cut();
    life.orchestrator.stop({ now: true }).catch(() => {});
  }

  #consumer(
    member: MemberPlan,
    { clock, isDead }: { readonly clock: ClockView; readonly isDead: () => boolean },
  ): ConsumerPlan {
    const { world, stage, numberOf } = this.#setting;
    const { hooks, plan, trace } = world;
    const onAttempt = () => {
      if (!isDead()) this.#setting.onAttempt(world.count(this.name, "attempt"));
    };
    const { order, attemptsMax, deliveriesMax, leaseMs, onCheckpointLost, start } = groupOf(
      plan.groups,
      member,
    );
    const handler = hooks.makeHandler?.(this.name) ?? stage.handlerFor(member, clock);
    return {
      ...member,
      ...{ order, attemptsMax, deliveriesMax, leaseMs, onCheckpointLost },
      ...(start === undefined ? {} : { start: positionOf(start, world.startMs) }),
      retry: { initialMs: 50, maxMs: 1_000 },
      handler: watchedHandler(handler, {
        ...{ trace, process: this.name, member, isDead, numberOf, onAttempt },
      }),
    };
  }

  /** Notes a promise of the library, and that it settled. */
  #promised(life: Life, promise: Promised, given: Promise<unknown>): void {
    const { trace } = this.#setting.world;
    const { number } = life;
    trace.note(this.name, { kind: "promised", promise, life: number });
    const settled = (thrown: string | null) => {
      if (life.fate.wasKilled) return;
      trace.note(this.name, { kind: "promiseSettled", promise, life: number, thrown });
    };
    given.then(() => settled(null), (error: unknown) => settled(codeOf(error)));
  }

  #ended(life: Life): void {
    if (this.#life !== life) return;
    this.#life = null;
    life.clock.end();
    life.link.cut();
    this.#setting.world.trace.note(this.name, { kind: "processEnded", life: life.number });
  }
}

function positionOf(
  start: NonNullable<GroupPlan["start"]>,
  startMs: number,
): StartPosition {
  return start === "end" ? start : { fromTimeMs: startMs + start.atMs };
}

function groupOf(groups: readonly GroupPlan[], { stream, group }: MemberPlan): GroupPlan {
  const found = groups.find((each) => each.stream === stream && each.group === group);
  if (found !== undefined) return found;
  throw new Error(`Cannot simulate: group "${group}" of "${stream}" is not planned`);
}
