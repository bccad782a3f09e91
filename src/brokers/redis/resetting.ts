/**
 * A group's new life on Redis, and the checkpoints that its former ones have left.
 *
 * @module
 */

import { checkName } from "../../domain/names.ts";
import {
  type GroupStore,
  type QuarantinedCheckpoint,
  RESET_CONSUMER,
} from "../../ports/group_store.ts";
import { startOf } from "./groups.ts";
import { rawCheckpoint } from "./joining.ts";
import { consumerKeys } from "./keys.ts";
import { countOf, idOf, listOf, textOf } from "./replies.ts";
import { LIST_QUARANTINED, RESET_GROUP } from "./scripts/resetting.lua.ts";
import type { Session } from "./session.ts";

/** How many checkpoints that were moved aside are listed: each is a rare accident that somebody has to look at. */
const QUARANTINED_MAX = 100;

/** Reset a group, list what was moved aside. */
export function resetting(
  session: Session,
): Pick<GroupStore, "resetGroup" | "listQuarantined"> {
  const { commands, random } = session;
  return {
    async resetGroup(stream, group, start, options = {}) {
      checkName("stream", stream);
      checkName("group", group);
      const { kind, id } = startOf(start);
      const own = [kind, id, options.force === true ? "1" : "0"];
      const args = [group, "", "0", "none", ...own, random.uniqueText(), RESET_CONSUMER];
      const context = { action: `reset group "${group}"`, stream, group, start: id };
      const reply = await commands.run(RESET_GROUP, consumerKeys(stream, group), args, context);
      const [position, dropped, fenced] = listOf(reply);
      return {
        position: idOf(position),
        droppedCount: countOf(dropped),
        fencedCount: countOf(fenced),
      };
    },

    async listQuarantined(stream, group) {
      checkName("stream", stream);
      checkName("group", group);
      const keys = consumerKeys(stream, group);
      const args = [group, "", "0", "none", String(QUARANTINED_MAX)];
      const action = `list what was moved aside of group "${group}"`;
      const context = { action, stream, group, reads: true };
      const reply = await commands.run(LIST_QUARANTINED, keys, args, context);
      return listOf(reply).map((text) => quarantinedOf(textOf(text), { stream, group }));
    },
  };
}

function quarantinedOf(
  text: string,
  place: { readonly stream: string; readonly group: string },
): QuarantinedCheckpoint {
  const record = recordOf(text);
  const { atMs, schema, incarnation, position, consumer, epoch, savedAtMs, done } = record;
  const fields = [schema, incarnation, position, consumer, epoch, savedAtMs]
    .map((field) => field ?? null);
  // Lua cannot tell an empty list from an empty record.
  const stored = rawCheckpoint(place, fields, Array.isArray(done) ? done : []);
  const isTime = typeof atMs === "string" || typeof atMs === "number";
  const movedAtMs = isTime && /^\d{1,15}$/.test(String(atMs)) ? Number(atMs) : 0;
  return { movedAtMs, stored };
}

/** Anybody can write to the server: what is not our JSON gives an empty record. */
function recordOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
