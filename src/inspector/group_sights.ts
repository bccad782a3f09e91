/**
 * What the broker says of the groups of some consumers. However many look on and however often, it is asked every two
 * seconds, once for each group; while it says nothing, what it said last counts for a while and then no more.
 *
 * @module
 */

import type { Clock } from "../ports/clock.ts";
import type { ConsumerFacts } from "../telemetry/consumer_facts.ts";
import { type GroupLookBroker, type GroupSight, sightOfGroup } from "../telemetry/group_look.ts";
import { atMost } from "./remote/retrying.ts";

/** The wait between two looks, in ms: lag and pending counts that are this old are still useful. */
const AGAIN_MS = 2_000;

/** How long the first look may hold up who asks, in ms. */
const FIRST_MS_MAX = 300;

/** For so long what was said last counts, in ms. */
const COUNTS_MS = 6_000;

/** Of what the broker is asked. */
type Place = Pick<ConsumerFacts, "stream" | "group">;

/** Looks at groups. */
export class GroupSights {
  readonly #broker: GroupLookBroker;
  readonly #clock: Clock;
  #sights: ReadonlyMap<string, GroupSight> = new Map();
  #askedAtMs = -Infinity;
  #seenAtMs = -Infinity;
  #look: Promise<void> | null = null;

  /** @param options Who is asked, and time. */
  constructor({ broker, clock }: { readonly broker: GroupLookBroker; readonly clock: Clock }) {
    this.#broker = broker;
    this.#clock = clock;
  }

  /** Adds what the broker says; `null` where that is not known. Waits for it only the first time, and never rejects. */
  async added(facts: readonly ConsumerFacts[]): Promise<ConsumerFacts[]> {
    const nowMs = this.#clock.nowMs();
    const isDue = Math.abs(nowMs - this.#askedAtMs) >= AGAIN_MS;
    if (this.#look === null && isDue) this.#ask(facts, nowMs);
    if (this.#look !== null && this.#seenAtMs === -Infinity) {
      await atMost(FIRST_MS_MAX, { clock: this.#clock, done: this.#look });
    }
    const counts = this.#clock.nowMs() - this.#seenAtMs < COUNTS_MS;
    return facts.map((each) => {
      const sight = counts ? this.#sights.get(keyOf(each)) : undefined;
      return { ...each, broker: sight?.(each.consumer) ?? null };
    });
  }

  #ask(places: readonly Place[], nowMs: number): void {
    this.#askedAtMs = nowMs;
    const seen = (sights: ReadonlyMap<string, GroupSight>) => {
      this.#sights = sights;
      this.#seenAtMs = this.#clock.nowMs();
    };
    const over = () => {
      this.#look = null;
    };
    // The broker's own trouble is told by the consumers.
    this.#look = look(this.#broker, { places, nowMs }).then(seen).then(over, over);
  }
}

/** One call after the other: nobody waits for it, and it must not press on the broker. */
async function look(
  broker: GroupLookBroker,
  { places, nowMs }: { readonly places: readonly Place[]; readonly nowMs: number },
): Promise<Map<string, GroupSight>> {
  const sights = new Map<string, GroupSight>();
  for (const [stream, ofStream] of Map.groupBy(places, (each) => each.stream)) {
    const exists = await broker.streamInfo(stream) !== null;
    const infos = exists ? await broker.listGroups(stream) : [];
    for (const group of new Set(ofStream.map((each) => each.group))) {
      const info = infos.find((each) => each.group === group) ?? null;
      const sight = await sightOfGroup(broker, { stream, exists, info, nowMs });
      sights.set(keyOf({ stream, group }), sight);
    }
  }
  return sights;
}

function keyOf({ stream, group }: Place): string {
  return JSON.stringify([stream, group]);
}
