/**
 * A client of a run's event stream as `EventSource` is one, that leaves and comes back at random by the id of what it saw
 * last, and notes every event that is doubled, out of order, or missing without a word. The events' data must be their
 * numbers.
 *
 * @module
 */

import type { EventSourceMessage } from "eventsource-parser";
import type { Dice } from "../contracts/dice.ts";
import { RunReader } from "./runs_reader.ts";

/** Lets sockets have their turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** One who follows a run over HTTP, comes and goes, and checks what he gets. */
export class Wanderer {
  /** How many events he got. */
  eventCount = 0;
  /** How many he was told to be missing. */
  missingCount = 0;
  /** How often he has connected. */
  connections = 0;
  /** Whether he knows that the run has ended. */
  hasEnded = false;
  /** What was wrong. */
  readonly faults: string[] = [];
  #position: string | null = null;
  #number = 0;

  /** Takes what has come. */
  take({ event, id, data }: EventSourceMessage): void {
    const told = JSON.parse(data);
    if (this.hasEnded) this.faults.push(`${event ?? "event"} after the end`);
    if (event === "end") this.hasEnded = true;
    else if (event === "gap") {
      const number = Number(told.until_id.split("-")[1]);
      if (number - this.#number !== told.count) this.faults.push(`gap of ${data}`);
      this.missingCount += told.count;
      this.#number = number;
    } else if (event === undefined) {
      if (told.data !== this.#number + 1) this.faults.push(`${told.data} after ${this.#number}`);
      if (told.id !== id) this.faults.push(`${told.id} in a frame with ${id}`);
      this.eventCount++;
      this.#number = told.data;
    } else this.faults.push(`${event} ${data}`);
    this.#position = id ?? this.#position;
  }

  /** Comes and goes until he knows of the end, then asks once more. */
  async wander(
    url: string,
    { dice, stayMax }: { readonly dice: Dice; readonly stayMax: number },
  ): Promise<void> {
    const headers = (): Record<string, string> =>
      this.#position === null ? {} : { "last-event-id": this.#position };
    while (!this.hasEnded) {
      this.connections++;
      let left = dice.roll(stayMax);
      await using reader = await RunReader.open(url, headers());
      let taken = 0;
      while (left > 0 && !this.hasEnded && !reader.hasEnded) {
        await reader.readCount(taken + 1);
        for (; taken < reader.messages.length && left > 0; left--) {
          const message = reader.messages[taken++];
          if (message !== undefined) this.take(message);
        }
        if (dice.once(6)) await turn();
      }
      for (let away = dice.once(3) ? dice.roll(20) : 0; away > 0; away--) await turn();
    }
    const again = await fetch(url, { headers: headers() });
    await again.body?.cancel();
    if (again.status !== 204) this.faults.push(`${again.status} after the end`);
  }
}
