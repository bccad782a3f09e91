/**
 * The link between one life of a process and the broker: every call goes through it, takes its time, and can go wrong on
 * the way.
 *
 * @module
 */

import { BrokerUnavailableError } from "../domain/errors.ts";
import type { ClockView } from "./clock_view.ts";
import type { CallFault, StrikableMethod } from "./fault.ts";
import { Flight, type LinkCall } from "./flight.ts";
import type { SeededRandom } from "./seeded_random.ts";
import type { World } from "./world.ts";

/** What goes wrong at a call. */
export interface StruckAtCall {
  /** With the call itself, `null` for nothing. */
  readonly fault: CallFault | null;
  /** Kills the process as soon as the broker has applied the call. */
  readonly killAfter: (() => void) | null;
}

/** What a link needs. */
export interface LinkSetting {
  /** What all share. */
  readonly world: World;
  /** The name of the process. */
  readonly process: string;
  /** Its clock. */
  readonly clock: ClockView;
  /** Chance, for the time that answers take. */
  readonly random: SeededRandom;
  /** Told of each call before it is made: what is to go wrong at it, happens, or is returned. */
  readonly onCall: (method: StrikableMethod, nth: number) => StruckAtCall;
}

/** What one life of a process reaches the broker by. */
export class Link {
  readonly #setting: LinkSetting;
  readonly #flights = new Set<{ breakOff(): void; cut(): void }>();
  #isCut = false;

  /** @param setting From where to where. */
  constructor(setting: LinkSetting) {
    this.#setting = setting;
  }

  /** Makes a call of a consumer, on which the guarantees rest. It settles unless its process is dead. */
  call<Answer>(call: LinkCall<Answer>): Promise<Answer> {
    if (this.#isCut) return never();
    const { world, process, clock, onCall } = this.#setting;
    const { method } = call.asked;
    if (!this.#mayCall(method)) return never();
    const struck = onCall(method, world.count(process, method));
    // What went wrong at this call may have been the end of its process.
    if (this.#isCut) return never();
    const latencyMs = this.#latencyMs();
    const flight = new Flight(call, { world, process, clock, latencyMs, ...struck });
    this.#flights.add(flight);
    const forget = () => void this.#flights.delete(flight);
    flight.answer.then(forget, forget);
    flight.begin();
    return flight.answer;
  }

  /** Makes any other call: nothing is kept of it, and only an outage or the end of its process strikes it. */
  pass<Answer>(method: string, apply: () => Promise<Answer>): Promise<Answer> {
    if (this.#isCut || !this.#mayCall(method)) return never();
    const { world, clock } = this.#setting;
    const latencyMs = this.#latencyMs();
    return new Promise((resolve, reject) => {
      const later = (settle: () => void) => void clock.after(latencyMs, settle);
      if (world.isDown) {
        return later(() => reject(new BrokerUnavailableError(`call "${method}"`, "it is down")));
      }
      apply().then(
        (answer) => later(() => resolve(answer)),
        (error: unknown) => later(() => reject(error)),
      );
    });
  }

  /** The connection breaks. */
  breakOff(): void {
    for (const flight of [...this.#flights]) flight.breakOff();
    this.#flights.clear();
  }

  /** The process is dead: nothing of it reaches the broker any more, and nothing reaches it. */
  cut(): void {
    this.#isCut = true;
    for (const flight of this.#flights) flight.cut();
    this.#flights.clear();
  }

  /** A call that nobody waits for takes no time: whoever makes one after the other without end gets no answer any more. */
  #mayCall(method: string): boolean {
    const { world, process } = this.#setting;
    const loop = world.instant.called(process, method);
    if (loop !== null) world.fail(loop);
    return loop === null;
  }

  #latencyMs(): number {
    return this.#setting.random.int(0, this.#setting.world.plan.latencyMsMax);
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}
