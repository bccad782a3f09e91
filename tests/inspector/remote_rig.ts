/**
 * A process that can be followed, without being one: a recorder, a lamp that it records, and what lets others follow; and
 * a follower that writes down what it hears.
 *
 * @module
 */

import { type Actor, createActor } from "xstate";
import type { Broker } from "../../src/ports/broker.ts";
import type { Clock } from "../../src/ports/clock.ts";
import { type Log, silentLog } from "../../src/ports/log.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { encodeInstance } from "../../src/telemetry/instance_record.ts";
import type { ConsumerFacts } from "../../src/telemetry/consumer_facts.ts";
import { isFrame, type Message } from "../../src/inspector/format.ts";
import { Recorder } from "../../src/inspector/recorder.ts";
import { FollowedInstance } from "../../src/inspector/remote/followed_instance.ts";
import type { ClerkOptions } from "../../src/inspector/remote/request_clerk.ts";
import type { FollowWish, InspectionSource, InstanceStatus } from "../../src/inspector/source.ts";
import { eventually } from "../support/eventually.ts";
import { lampMachine, VIEWS } from "./recorded_machines.ts";

/** A clock that runs five times faster: leases of ten seconds are two, which a loaded machine keeps. */
export const HASTY: Clock = {
  nowMs: () => Date.now() * 5,
  after(delayMs, callback) {
    const id = setTimeout(callback, delayMs / 5);
    return { cancel: () => clearTimeout(id) };
  },
};

/** How to make one. */
export interface LampProcessOptions {
  /** Its name. Default `lamps-1`. */
  readonly instance?: string;
  /** How many frames it keeps. */
  readonly framesMax?: number;
  /** What it does on a command; `null`: it takes none. Default: remembers it. */
  readonly command?: ClerkOptions["command"];
  /** Time. Default: one that runs faster. */
  readonly clock?: Clock;
  /** Where it says what happens. */
  readonly log?: Log;
}

/** A process with one lamp. */
export class LampProcess implements AsyncDisposable {
  readonly instance: string;
  readonly recorder: Recorder;
  readonly followed: FollowedInstance;
  /** What it was told. */
  readonly commands: string[] = [];
  /** How often its recorder was attached, and detached. */
  readonly attachments = { begun: 0, ended: 0 };
  /** What its only consumer says of itself. */
  facts: ConsumerFacts = FACTS;
  readonly #broker: Broker;
  readonly #lamp: Actor<typeof lampMachine>;

  /** Begins at once. */
  constructor(broker: Broker, options: LampProcessOptions = {}) {
    const { instance = "lamps-1", framesMax = 10_000, clock = HASTY } = options;
    this.#broker = broker;
    this.instance = instance;
    this.recorder = new Recorder({ instance, framesMax, views: VIEWS, clock });
    this.#lamp = createActor(lampMachine, { input: { payload: "canary-payload" } });
    this.#lamp.start();
    this.followed = new FollowedInstance({
      broker,
      instance,
      recorder: this.recorder,
      attach: () => {
        this.attachments.begun++;
        const detach = this.recorder.attach(this.#lamp);
        return () => {
          this.attachments.ended++;
          detach();
        };
      },
      status: () => Promise.resolve(this.status(clock)),
      command: options.command === undefined
        ? (command, target) => void this.commands.push(`${command} ${JSON.stringify(target)}`)
        : options.command,
      clock,
      random: systemRandom,
      log: options.log ?? silentLog,
    });
  }

  /** Switches the lamp. */
  press(count = 1): void {
    for (let index = 0; index < count; index++) this.#lamp.send({ type: "switch.pressed" });
  }

  /** Says that it is there, as an orchestrator does, until the lease is over. */
  async announce(leaseMs = 60_000): Promise<void> {
    const record = {
      instance: this.instance,
      host: "h",
      pid: 1,
      version: "1.0.0",
      startedAtMs: 5,
      state: "healthy",
      pressure: "ok",
      consumers: [],
      consumersDropped: 0,
    } as const;
    await this.#broker.announce(this.instance, encodeInstance(record), leaseMs);
  }

  /** What it says of itself. */
  status(clock: Clock): InstanceStatus {
    const { instance, facts } = this;
    const consumers = [{ facts: { ...facts, nowMs: clock.nowMs() }, why: "made there" }];
    return { instance, version: "1.0.0", atMs: clock.nowMs(), consumers, takesCommands: true };
  }

  /** Ends it as a process ends that is told to. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.followed.close();
    this.#lamp.stop();
    await this.#broker.withdraw(this.instance).catch(() => {});
  }
}

/** Follows a source, and writes down what it hears. */
export class Ear implements AsyncDisposable {
  readonly messages: Message[] = [];
  readonly #end = new AbortController();
  readonly #done: Promise<void>;
  /** Whether it was told the end. */
  hasEnded = false;

  /** Begins at once. */
  constructor(
    source: InspectionSource,
    wish: Omit<FollowWish, "signal"> = {},
  ) {
    this.#done = this.#listen(source, wish);
  }

  /** The number of the last frame, or of the snapshot. */
  get seq(): number {
    const last = this.messages.findLast((each) => each.type === "snapshot" || isFrame(each));
    return last !== undefined && "seq" in last ? last.seq : -1;
  }

  /** Messages in a word each. */
  get words(): string[] {
    return this.messages.map((each) => {
      if (each.type === "gap") return `gap ${each.from}-${each.until}: ${each.count}`;
      return "seq" in each ? `${each.type} ${each.seq}` : each.type;
    });
  }

  /** Waits until it has heard a frame, and everything before it. */
  async hears(seq: number): Promise<void> {
    await eventually(`frame ${seq} is heard`, () => this.seq >= seq);
  }

  /** Hears no more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    await this.#done;
  }

  async #listen(
    source: InspectionSource,
    wish: Omit<FollowWish, "signal">,
  ): Promise<void> {
    const { signal } = this.#end;
    for await (const batch of source.follow({ ...wish, signal })) this.messages.push(...batch);
    this.hasEnded = !signal.aborted;
  }
}

/** Looks at a process, once it can be followed. */
export async function opened(
  sources: { open(instance: string): Promise<InspectionSource | null> },
  instance = "lamps-1",
): Promise<InspectionSource> {
  let source: InspectionSource | null = null;
  await eventually("it can be followed", async () => {
    source = await sources.open(instance);
    return source !== null;
  });
  if (source === null) throw new Error("unreachable");
  return source;
}

/** A consumer that is well. */
export const FACTS: ConsumerFacts = {
  stream: "orders",
  group: "billing",
  consumer: "c1",
  supervision: "running",
  state: "paused",
  stateSinceMs: 1_000,
  nowMs: 2_000,
  failures: 0,
  failure: null,
  backOffUntilMs: null,
  restarts: 0,
  restartsMax: 5,
  restartAtMs: null,
  pauseWanted: true,
  position: "1-0",
  committedCount: 1,
  deadLetteredCount: 0,
  fencedCount: 0,
  ownPendingDrained: true,
  load: { demand: 1, inFlight: 0, running: 0, settled: 0 },
  workers: { count: 1, max: 1, mode: "inline" },
  running: [],
  resting: [],
  attemptsMax: 3,
  leaseMs: 30_000,
  pressure: "ok",
  broker: null,
};
