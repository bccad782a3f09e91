/**
 * Groups as an operator sees them, on Redis.
 *
 * @module
 */

import {
  ENTRY_ID_MAX,
  ENTRY_ID_ZERO,
  type EntryId,
  previousEntryId,
} from "../../domain/entry_id.ts";
import { InvalidOptionError } from "../../domain/errors.ts";
import { GroupMissingError, StreamMissingError } from "../../domain/stream_errors.ts";
import { checkName } from "../../domain/names.ts";
import type { GroupStore, PendingOptions, StartPosition } from "../../ports/group_store.ts";
import type { CallContext } from "./errors.ts";
import { consumerKeys, groupsPrefix } from "./keys.ts";
import { countOf, idOf, listOf, orNull, textOf } from "./replies.ts";
import {
  CREATE_GROUP,
  DELETE_CONSUMER,
  DELETE_GROUP,
  LIST_CONSUMERS,
  LIST_GROUPS,
} from "./scripts/groups.lua.ts";
import type { Session } from "./session.ts";

/** The largest page of pending entries. */
const PENDING_COUNT_MAX = 10_000;

interface GroupContext extends CallContext {
  readonly stream: string;
}

/** The group methods of the broker. */
export function groupStore(
  session: Session,
): Omit<GroupStore, "resetGroup" | "listQuarantined"> {
  const { commands, random } = session;

  function keysOf(stream: string, group: string): string[] {
    checkName("stream", stream);
    checkName("group", group);
    return consumerKeys(stream, group);
  }

  /** A plain command on a group; Redis does not tell whether the group or the whole stream is missing. */
  async function onGroup(command: string, args: readonly string[], context: GroupContext) {
    try {
      return await commands.call(command, args, context);
    } catch (error) {
      if (!(error instanceof GroupMissingError)) throw error;
      const exists = await commands.call("EXISTS", [context.stream], context);
      throw exists === 1 ? error : new StreamMissingError(context.stream);
    }
  }

  return {
    async createGroup(stream, group, start, options = {}) {
      const keys = keysOf(stream, group);
      const { kind, id } = startOf(start);
      const mayCreate = options.createStream === true ? "1" : "0";
      const args = [group, "", "0", "none", kind, id, mayCreate, random.uniqueText()];
      const context = { action: `create group "${group}"`, stream, group, start: id };
      return await commands.run(CREATE_GROUP, keys, args, context) === 1;
    },

    async deleteGroup(stream, group, options = {}) {
      const keys = keysOf(stream, group);
      const args = [group, "", "0", "none", options.force === true ? "1" : "0"];
      const context = { action: `delete group "${group}"`, stream, group };
      return await commands.run(DELETE_GROUP, keys, args, context) === 1;
    },

    async listGroups(stream) {
      checkName("stream", stream);
      const context = { action: `list groups of stream "${stream}"`, stream, reads: true };
      const reply = await commands.run(LIST_GROUPS, [stream], [groupsPrefix(stream)], context);
      const groups = listOf(reply).map((row) => {
        const [group, delivered, pending, first, consumers, lag, lost] = listOf(row);
        return {
          group: textOf(group),
          lastDeliveredId: idOf(delivered),
          pendingCount: countOf(pending),
          firstPendingId: orNull(first, idOf),
          consumerCount: countOf(consumers),
          lag: orNull(lag, countOf),
          lostCount: orNull(lost, countOf) ?? 0,
        };
      });
      return groups.sort((left, right) => textOrder(left.group, right.group));
    },

    async listConsumers(stream, group) {
      const keys = keysOf(stream, group);
      const context = { action: `list consumers of group "${group}"`, stream, group, reads: true };
      const reply = await commands.run(LIST_CONSUMERS, keys, [group, "", "0", "none"], context);
      const consumers = listOf(reply).map((row) => {
        const [consumer, pending, epoch, position] = listOf(row);
        return {
          consumer: textOf(consumer),
          pendingCount: countOf(pending),
          epoch: countOf(epoch),
          position: orNull(position, idOf),
        };
      });
      return consumers.sort((left, right) => textOrder(left.consumer, right.consumer));
    },

    async deleteConsumer(stream, group, consumer) {
      const keys = keysOf(stream, group);
      checkName("consumer", consumer);
      const args = [group, consumer, "0", "none"];
      const context = { action: `delete consumer "${consumer}"`, stream, group, consumer };
      return await commands.run(DELETE_CONSUMER, keys, args, context) === 1;
    },

    async listPending(stream, group, options) {
      checkName("stream", stream);
      checkName("group", group);
      const context = { action: `list pending of group "${group}"`, stream, group, reads: true };
      const args = [stream, group, ...pendingArguments(options)];
      return listOf(await onGroup("XPENDING", args, context)).map((row) => {
        const [id, consumer, idleMs, deliveries] = listOf(row);
        return {
          id: idOf(id),
          consumer: textOf(consumer),
          idleMs: countOf(idleMs),
          deliveries: countOf(deliveries),
        };
      });
    },
  };
}

/** Where to start, as the scripts want it: a word, and an id for the words that need one. */
export function startOf(start: StartPosition): { kind: string; id: EntryId } {
  if (start === "beginning") return { kind: "first", id: ENTRY_ID_ZERO };
  if (start === "end") return { kind: "last", id: ENTRY_ID_ZERO };
  if ("afterId" in start) return { kind: "after", id: start.afterId };
  const { fromTimeMs } = start;
  if (!Number.isSafeInteger(fromTimeMs) || fromTimeMs < 0) {
    throw new InvalidOptionError("fromTimeMs", fromTimeMs, "whole milliseconds since 1970");
  }
  return { kind: "time", id: previousEntryId(`${BigInt(fromTimeMs)}-0`) };
}

function pendingArguments(options: PendingOptions): string[] {
  const { consumer, idleMsMin, afterId, count } = options;
  if (!Number.isInteger(count) || count < 1 || count > PENDING_COUNT_MAX) {
    throw new InvalidOptionError("count", count, `1 to ${PENDING_COUNT_MAX}`);
  }
  return [
    ...(idleMsMin === undefined ? [] : ["IDLE", String(idleMsMin)]),
    // Nothing lies after the highest id, and Redis refuses to look there.
    ...(afterId === undefined
      ? ["-", "+"]
      : afterId === ENTRY_ID_MAX
      ? ["+", "-"]
      : [`(${afterId}`, "+"]),
    String(count),
    ...(consumer === undefined ? [] : [consumer]),
  ];
}

function textOrder(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
