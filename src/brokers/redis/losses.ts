/**
 * Looking for entries on Redis that were trimmed or deleted before their group read them.
 *
 * @module
 */

import type { ConsumerStore, UnreadLoss } from "../../ports/consumer_store.ts";
import { runAs } from "./membership.ts";
import { countOf, idOf, listOf, orNull } from "./replies.ts";
import { FIND_UNREAD_LOSS } from "./scripts/losses.lua.ts";
import type { Session } from "./session.ts";

/** The look for losses. */
export function losses(session: Session): Pick<ConsumerStore, "findUnreadLoss"> {
  return {
    async findUnreadLoss(membership, { account }) {
      const reply = await runAs(session, membership, {
        script: FIND_UNREAD_LOSS,
        action: "look for lost entries",
        args: [account ? "1" : "0"],
      });
      return orNull(reply, unreadLossOf);
    },
  };
}

/** A loss as scripts answer it. */
export function unreadLossOf(reply: unknown): UnreadLoss {
  const [lost, afterId, beforeId] = listOf(reply);
  return { lost: countOf(lost), afterId: idOf(afterId), beforeId: orNull(beforeId, idOf) };
}
