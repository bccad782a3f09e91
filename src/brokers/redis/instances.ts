/**
 * Announced processes on Redis.
 *
 * @module
 */

import { checkName } from "../../domain/names.ts";
import {
  type AnnouncedInstance,
  checkAnnouncement,
  type InstanceStore,
} from "../../ports/instance_store.ts";
import { INSTANCE_KEYS } from "./keys.ts";
import { countOf, listOf, textOf } from "./replies.ts";
import { ANNOUNCE, LIST_INSTANCES, WITHDRAW } from "./scripts/instances.lua.ts";
import type { Session } from "./session.ts";

/** One answer holds no more texts than this, in bytes: some milliseconds of the server's time. */
const PAGE_BYTES_MAX = 4_194_304;

/** The methods for announced processes. */
export function instanceStore({ commands }: Session): InstanceStore {
  return {
    async announce(instance, text, leaseMs) {
      checkAnnouncement(instance, text, leaseMs);
      const context = { action: `announce process "${instance}"` };
      await commands.run(ANNOUNCE, INSTANCE_KEYS, [instance, text, String(leaseMs)], context);
    },

    async withdraw(instance) {
      checkName("instance", instance);
      const context = { action: `withdraw process "${instance}"` };
      await commands.run(WITHDRAW, INSTANCE_KEYS, [instance], context);
    },

    async listInstances() {
      const context = { action: "list the announced processes", reads: true };
      const found: AnnouncedInstance[] = [];
      let names: string[] = [];
      do {
        const args = [String(PAGE_BYTES_MAX), ...names];
        const reply = await commands.run(LIST_INSTANCES, INSTANCE_KEYS, args, context);
        const [now, rows, left] = listOf(reply);
        found.push(...instancesOf(listOf(rows).map(textOf), countOf(now)));
        names = listOf(left).map(textOf);
      } while (names.length > 0);
      return found.sort((a, b) => (a.instance < b.instance ? -1 : a.instance > b.instance ? 1 : 0));
    },
  };
}

/** Reads names and texts in turn, `<announced at> <text>`; what another program has put there is passed over. */
function instancesOf(rows: readonly string[], nowMs: number): AnnouncedInstance[] {
  const found: AnnouncedInstance[] = [];
  for (let at = 0; at + 1 < rows.length; at += 2) {
    const [instance = "", row = ""] = rows.slice(at, at + 2);
    const announcedAtMs = /^\d{1,15} /.exec(row)?.[0];
    if (announcedAtMs === undefined) continue;
    const text = row.slice(announcedAtMs.length);
    found.push({ instance, text, ageMs: Math.max(0, nowMs - Number(announcedAtMs)) });
  }
  return found;
}
