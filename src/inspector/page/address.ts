/**
 * What the page's address says of what is looked at, so that a reload, a link and the browser's way back lead there: the
 * process, and the consumer.
 *
 * @module
 */

import type { Place } from "../format.ts";

/** An address changes so much later than the choice, in ms: browsers refuse more than some changes a second. */
const LATER_MS = 400;

/** The members of a place, as the address names them. */
const MEMBERS = ["stream", "group", "consumer"] as const;

let timer: ReturnType<typeof setTimeout> | undefined;

/** The process, `null` for the one that serves the page. */
export function instanceOfAddress(): string | null {
  return new URLSearchParams(location.search).get("instance");
}

/** Whether the address names a consumer, and whether it is this one. */
export function isOfAddress(place: Place | null): boolean {
  const asked = new URLSearchParams(location.search);
  return place !== null && asked.has("consumer") &&
    MEMBERS.every((each) => asked.get(each) === place[each]);
}

/** Names another process; the way back leads to the one before. */
export function goToInstance(instance: string | null): void {
  clearTimeout(timer);
  const address = withoutPlace();
  if (instance === null) address.searchParams.delete("instance");
  else address.searchParams.set("instance", instance);
  history.pushState(null, "", address);
}

/** Names a consumer in a moment, `null` for none. */
export function namePlace(place: Place | null): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const address = withoutPlace();
    for (const each of MEMBERS) {
      const name = place?.[each] ?? null;
      if (name !== null) address.searchParams.set(each, name);
    }
    if (address.href !== location.href) history.replaceState(null, "", address);
  }, LATER_MS);
}

function withoutPlace(): URL {
  const address = new URL(location.href);
  for (const each of MEMBERS) address.searchParams.delete(each);
  return address;
}
