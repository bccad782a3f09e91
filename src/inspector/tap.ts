/**
 * Listening to a system of actors while it runs. XState's `system.inspect` copies every event for every listener, which
 * alone costs 0.1 µs for each of the twenty or so events around one commit; the function that it calls takes them as they
 * are. It is no documented part of XState, so where it is not as expected, `inspect` does the same, slower.
 *
 * @module
 */

import type { InspectionEvent } from "xstate";
import { memberOf } from "./capture.ts";

/** What is tapped: the function is the system's own, and every actor calls it by its name. */
const SENDER = "_sendInspectionEvent";

/**
 * Listens to all actors of a system.
 *
 * @param system That of any of its actors.
 * @param listen Told of everything; must not throw.
 * @returns Ends it. Nothing is left behind.
 */
export function tap(system: unknown, listen: (event: InspectionEvent) => void): () => void {
  const sender = memberOf(system, SENDER);
  if (typeof system !== "object" || system === null) return () => {};
  if (typeof sender !== "function") return inspect(system, listen);
  let listens = true;
  const tapped = (event: InspectionEvent) => {
    if (listens) listen(event);
    sender(event);
  };
  if (!Reflect.set(system, SENDER, tapped)) return inspect(system, listen);
  return () => {
    listens = false; // whoever tapped later calls this one, which only passes on
    if (memberOf(system, SENDER) === tapped) Reflect.set(system, SENDER, sender);
  };
}

/** The documented way. */
function inspect(system: object, listen: (event: InspectionEvent) => void): () => void {
  const inspectSystem = memberOf(system, "inspect");
  if (typeof inspectSystem !== "function") return () => {};
  const subscription: unknown = Reflect.apply(inspectSystem, system, [listen]);
  return () => {
    const unsubscribe = memberOf(subscription, "unsubscribe");
    if (typeof unsubscribe === "function") Reflect.apply(unsubscribe, subscription, []);
  };
}
