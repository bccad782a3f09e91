/**
 * Keeping and handing back entries on Redis.
 *
 * @module
 */

import { compareEntryIds, type EntryId } from "../../domain/entry_id.ts";
import type { ConsumerStore } from "../../ports/consumer_store.ts";
import { pieces, runAs } from "./membership.ts";
import { countOf, idOf, listOf } from "./replies.ts";
import { RELEASE, RENEW } from "./scripts/leasing.lua.ts";
import type { Session } from "./session.ts";

/** Renew and release. */
export function leasing(session: Session): Pick<ConsumerStore, "renew" | "release"> {
  return {
    async renew(membership, ids) {
      const fenced: EntryId[] = [];
      // No ids still checks the epoch, and renews what waits.
      const parts = ids.length === 0 ? [[]] : pieces(ids.toSorted(compareEntryIds));
      for (const args of parts) {
        const reply = await runAs(session, membership, {
          script: RENEW,
          action: "renew leases",
          args,
        });
        for (const id of listOf(reply)) fenced.push(idOf(id));
      }
      return { fenced };
    },

    async release(membership, ids) {
      const script = RELEASE;
      const action = "hand entries back";
      if (ids === "all") {
        return countOf(await runAs(session, membership, { script, action, args: ["all"] }));
      }
      let released = 0;
      // No ids still checks the epoch.
      const parts = ids.length === 0 ? [[]] : pieces(ids.toSorted(compareEntryIds));
      for (const part of parts) {
        const args = ["ids", ...part];
        released += countOf(await runAs(session, membership, { script, action, args }));
      }
      return released;
    },
  };
}
