/**
 * Which consumers have not yet committed since a certain moment. A commit is the last step of the whole round (reading,
 * handling, writing), so whoever has made one has recovered.
 *
 * @module
 */

import { consumersOf, GROUPS } from "./layout.ts";
import type { View } from "./view.ts";

/** Watches the commits of all consumers. */
export interface Recoveries {
  /** The names of those that have not committed yet. @throws while the broker cannot be looked at. */
  waiting(): Promise<string[]>;
}

/** Begins to watch now. @throws while the broker cannot be looked at. */
export async function openRecoveries(view: View): Promise<Recoveries> {
  const tokens = async () =>
    await Promise.all(GROUPS.map(async (plan) => (await view.group(plan)).tokens));
  const before = await tokens();
  return {
    async waiting() {
      const now = await tokens();
      return GROUPS.flatMap((plan, at) =>
        consumersOf(plan).filter((name) => before[at]?.get(name) === now[at]?.get(name))
      );
    },
  };
}
