/**
 * Lets the faults of a plan happen: at their times, and at the calls that they wait for.
 *
 * @module
 */

import { destroyGroup } from "./destroy_group.ts";
import type {
  BrokerFault,
  CallFault,
  ClockFault,
  Fault,
  FaultMoment,
  ProcessFault,
  StrikableMethod,
} from "./fault.ts";
import type { StruckAtCall } from "./link.ts";
import type { Publisher } from "./publisher.ts";
import type { SimulatedProcess } from "./simulated_process.ts";
import type { World } from "./world.ts";

/** A fault with its index in the plan. */
interface Planned {
  readonly fault: Fault;
  readonly index: number;
}

/** Strikes. */
export class Strikes {
  readonly #world: World;
  readonly #publisher: Publisher;
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #atCounts = new Map<string, Planned[]>();
  #outages = 0;
  #isOver = false;

  /**
   * @param world What all share.
   * @param publisher Publishes anew what an operator has deleted.
   */
  constructor(world: World, publisher: Publisher) {
    this.#world = world;
    this.#publisher = publisher;
  }

  /** Waits for the times of the faults, and for their calls. @param processes All of the plan's. */
  begin(processes: readonly SimulatedProcess[]): void {
    for (const process of processes) this.#processes.set(process.name, process);
    for (const [index, fault] of this.#world.plan.faults.entries()) {
      const moment = momentOf(fault);
      if ("atMs" in moment) {
        this.#world.later(moment.atMs, () => this.#strike({ fault, index }));
      } else {
        const name = nameOf(moment);
        this.#atCounts.set(name, [...this.#atCounts.get(name) ?? [], { fault, index }]);
      }
    }
  }

  /** Strikes no more at calls. What was struck goes on. */
  end(): void {
    this.#isOver = true;
  }

  /** A process is about to make a call. @returns what goes wrong with it. */
  onCall(process: string, method: StrikableMethod, nth: number): StruckAtCall {
    const planned = this.#plannedAt({ process, method, nth });
    if (planned.length === 0) return NOTHING;
    let call: CallFault | null = null;
    let killAfter: (() => void) | null = null;
    for (const { fault, index } of planned) {
      if (isCallFault(fault)) {
        this.#told(index, fault);
        call ??= fault;
      } else if (fault.kind === "crash" && fault.moment === "after") {
        killAfter = () => this.#strike({ fault, index });
      } else {
        this.#strike({ fault, index });
      }
    }
    return { fault: call, killAfter };
  }

  /** A handler has begun in a process: its nth attempt. */
  onAttempt(process: string, attempt: number): void {
    for (const planned of this.#plannedAt({ process, attempt })) this.#strike(planned);
  }

  #plannedAt(moment: CountedMoment): readonly Planned[] {
    return this.#isOver ? [] : this.#atCounts.get(nameOf(moment)) ?? [];
  }

  #strike({ fault, index }: Planned): void {
    this.#told(index, fault);
    if (isCallFault(fault)) return;
    if (fault.kind === "clockJump") return this.#setClock(fault);
    if (isBrokerFault(fault)) return this.#strikeBroker(fault, index);
    const process = this.#processes.get(fault.process);
    if (process !== undefined) this.#strikeProcess(fault, { process, index });
  }

  #strikeProcess(
    fault: ProcessFault,
    { process, index }: { readonly process: SimulatedProcess; readonly index: number },
  ): void {
    const over = (act: () => void) => () => {
      act();
      this.#world.trace.note(process.name, { kind: "faultOver", fault: index, name: fault.kind });
    };
    switch (fault.kind) {
      case "crash":
        process.crash();
        break;
      case "stop":
        process.stop(fault.now);
        break;
      case "freeze":
        process.freeze();
        return this.#world.later(fault.forMs, over(() => process.thaw()));
      case "operatorPause":
        process.pause();
        return this.#world.later(fault.forMs, over(() => process.resume()));
    }
    if (fault.backAfterMs !== null) {
      this.#world.later(fault.backAfterMs, over(() => this.#startWhenEnded(process)));
    }
  }

  /** Who was told to stop may still be at it; who does not end is killed, as a service manager would do. */
  #startWhenEnded(process: SimulatedProcess, triesLeft = TRIES_MAX): void {
    if (process.isStopping && triesLeft > 0) {
      return this.#world.later(RETRY_MS, () => this.#startWhenEnded(process, triesLeft - 1));
    }
    if (process.isStopping) process.crash();
    process.start();
  }

  #strikeBroker(fault: BrokerFault, index: number): void {
    const { broker } = this.#world;
    switch (fault.kind) {
      case "outage":
        return this.#beginOutage(fault.forMs, index);
      case "groupDestroyed":
        // Not in the middle of the call that it waited for, which would come between its steps.
        return this.#world.later(0, () => {
          this.#operate(destroyGroup(broker, fault.stream, fault.group));
        });
      case "streamTrimmed":
        return this.#operate(broker.trim(fault.stream, { lengthMax: fault.lengthMax }));
      case "streamReplaced":
        return this.#operate(this.#publisher.replace(fault.stream));
    }
  }

  #beginOutage(forMs: number, index: number): void {
    this.#outages++;
    this.#world.isDown = true;
    for (const process of this.#processes.values()) process.breakOff();
    this.#world.later(forMs, () => {
      this.#world.isDown = --this.#outages > 0;
      this.#world.trace.note(null, { kind: "faultOver", fault: index, name: "outage" });
    });
  }

  /** What somebody else does to the data: it may find nothing there. */
  #operate(done: Promise<unknown>): void {
    done.catch((error: unknown) => {
      const code: unknown = error instanceof Error && "code" in error ? error.code : null;
      if (code !== "STREAM_MISSING" && code !== "GROUP_MISSING") this.#world.fail(error);
    });
    this.#world.isChanged = true;
  }

  #setClock({ process, byMs }: ClockFault): void {
    if (process === null) this.#world.brokerClock.jump(byMs);
    else this.#processes.get(process)?.jump(byMs);
  }

  #told(index: number, fault: Fault): void {
    const process = processOf(fault);
    this.#world.trace.note(process, { kind: "faultStruck", fault: index, name: fault.kind });
  }
}

/** How often it is looked whether a process has ended that is to be started again, in ms. */
const RETRY_MS = 100;

/** How often it is looked before it is killed: 30 s in all. */
const TRIES_MAX = 300;

const NOTHING: StruckAtCall = { fault: null, killAfter: null };

/** A moment that is counted. */
type CountedMoment = Exclude<FaultMoment, { readonly atMs: number }>;

function nameOf(moment: CountedMoment): string {
  return "method" in moment
    ? `${moment.process} ${moment.method} ${moment.nth}`
    : `${moment.process} attempt ${moment.attempt}`;
}

function isCallFault(fault: Fault): fault is CallFault {
  return "call" in fault;
}

function isBrokerFault(fault: ProcessFault | BrokerFault): fault is BrokerFault {
  return !("process" in fault);
}

/** When a fault is to happen. */
export function momentOf(fault: Fault): FaultMoment {
  return isCallFault(fault) ? fault.call : fault.at;
}

/** Whom a fault strikes, `null` for the broker. */
export function processOf(fault: Fault): string | null {
  if (isCallFault(fault)) return fault.call.process;
  return "process" in fault ? fault.process : null;
}
