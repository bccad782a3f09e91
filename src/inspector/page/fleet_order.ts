/**
 * The order of many consumers that are looked at at once: those in trouble first, all others as they were. Pure.
 *
 * @module
 */

import { alarmsOf, type AlarmWishes } from "./alarms.ts";
import type { FleetRow } from "./fleet_rows.ts";
import { type Kind, kindOf } from "./kinds.ts";

/** Who comes first. */
const FIRST: readonly Kind[] = ["failed", "backingOff"];

/** Who does what he does for too long comes after those. */
const STUCK = FIRST.length;

/**
 * Consumers, in order: failed, backing off, in a state for longer than is wanted, and all others.
 *
 * @param options What is wanted, and the moment, in ms since 1970.
 */
export function troubleFirst(
  rows: readonly FleetRow[],
  { wishes, momentMs }: { readonly wishes: AlarmWishes; readonly momentMs: number },
): FleetRow[] {
  const fleet = new Map(rows.map(({ actor }) => [actor.id, actor]));
  const stuck = new Set(alarmsOf(fleet, wishes, momentMs).map(({ actor }) => actor.id));
  const rankOf = ({ actor }: FleetRow) => {
    const rank = FIRST.indexOf(kindOf(actor.state));
    return rank >= 0 ? rank : stuck.has(actor.id) ? STUCK : STUCK + 1;
  };
  return rows.toSorted((one, other) => rankOf(one) - rankOf(other));
}
