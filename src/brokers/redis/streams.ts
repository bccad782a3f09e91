/**
 * Streams as logs on Redis.
 *
 * @module
 */

import { AccessDeniedError, InvalidOptionError, WrongTypeError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { RangeOptions, StreamInfo, StreamStore, TrimBound } from "../../ports/stream_store.ts";
import { appendEntries } from "./append.ts";
import type { Argument } from "./connection.ts";
import { entryOf, withBytes } from "./entries.ts";
import { GROUP_KEYS, groupsKey, groupsPrefix, incarnationKey, isOwnStream } from "./keys.ts";
import { countOf, idOf, listOf, orNull, textOf } from "./replies.ts";
import { CREATE_STREAM, DELETE_STREAM, STREAM_INFO } from "./scripts/streams.lua.ts";
import type { Session } from "./session.ts";

/** Keys that one SCAN call looks at: small enough not to hold up the server. */
const SCAN_COUNT = 1_000;

/** The largest page of a range, and the most ids of one deletion. */
const RANGE_COUNT_MAX = 10_000;
const DELETE_COUNT_MAX = 1_000;

/** The stream methods of the broker. */
export function streamStore(session: Session): StreamStore {
  const { commands, random } = session;

  /** A plain command on a stream; names what is there when it is no stream. */
  async function onStream(
    action: string,
    stream: string,
    options: {
      readonly command: string;
      readonly args: readonly Argument[];
      readonly reads: boolean;
    },
  ): Promise<unknown> {
    checkName("stream", stream);
    const { command, args, reads } = options;
    try {
      return await commands.call(command, [stream, ...args], { action, stream, reads });
    } catch (error) {
      if (!(error instanceof WrongTypeError)) throw error;
      const found = await commands.call("TYPE", [stream], { action, stream, reads: true });
      throw new WrongTypeError(stream, textOf(found), "stream");
    }
  }

  return {
    async createStream(stream) {
      checkName("stream", stream);
      const keys = [stream, incarnationKey(stream)];
      const context = { action: `create stream "${stream}"`, stream };
      return await commands.run(CREATE_STREAM, keys, [random.uniqueText()], context) === 1;
    },

    async deleteStream(stream, { lastId = null } = {}) {
      checkName("stream", stream);
      const keys = [stream, incarnationKey(stream), groupsKey(stream)];
      const args = [groupsPrefix(stream), lastId ?? "", ...GROUP_KEYS];
      const context = { action: `delete stream "${stream}"`, stream };
      return await commands.run(DELETE_STREAM, keys, args, context) === 1;
    },

    async listStreams() {
      const context = { action: "list streams", reads: true };
      const names = new Set<string>();
      let cursor = "0";
      do {
        const args = [cursor, "COUNT", String(SCAN_COUNT), "TYPE", "stream"];
        const [next, page] = listOf(await commands.call("SCAN", args, context));
        for (const name of listOf(page)) {
          if (!isOwnStream(textOf(name))) names.add(textOf(name));
        }
        cursor = textOf(next);
      } while (cursor !== "0");
      return [...names].sort();
    },

    append: (stream, entries, options) => appendEntries(session, stream, { entries, ...options }),

    async range(stream, options) {
      const action = `read stream "${stream}"`;
      const { command, args } = rangeCommand(options);
      const reply = await onStream(action, stream, { command, args, reads: true });
      const read = listOf(reply).map(entryOf);
      const context = { action, stream, reads: true };
      return (await withBytes(commands, read, { stream, context })).entries;
    },

    async trim(stream, bound) {
      const args = trimArguments(bound);
      return countOf(
        await onStream(`trim stream "${stream}"`, stream, { command: "XTRIM", args, reads: false }),
      );
    },

    async deleteEntries(stream, ids) {
      if (ids.length === 0) return 0;
      if (ids.length > DELETE_COUNT_MAX) {
        throw new InvalidOptionError("ids", ids.length, `at most ${DELETE_COUNT_MAX}`);
      }
      const action = `delete entries of stream "${stream}"`;
      return countOf(await onStream(action, stream, { command: "XDEL", args: ids, reads: false }));
    },

    async streamInfo(stream) {
      checkName("stream", stream);
      const keys = [stream, incarnationKey(stream)];
      const context = { action: `read stream "${stream}"`, stream, reads: true };
      const reply = await commands.run(STREAM_INFO, keys, [random.uniqueText()], context);
      return orNull(reply, (facts) => streamInfoOf(stream, facts));
    },

    async streamBytes(stream) {
      checkName("stream", stream);
      const context = { action: `measure stream "${stream}"`, stream, reads: true };
      try {
        return orNull(await commands.call("MEMORY", ["USAGE", stream], context), countOf);
      } catch (error) {
        // The right to measure is one that many users lack, and nothing depends on it.
        if (error instanceof AccessDeniedError && error.reason === "NOPERM") return null;
        throw error;
      }
    },
  };
}

/** Reads `[length, first id, last id, entries added, groups, incarnation]`. */
export function streamInfoOf(stream: string, reply: unknown): StreamInfo {
  const [length, firstId, lastId, entriesAdded, groupCount, incarnation] = listOf(reply);
  return {
    stream,
    length: countOf(length),
    firstId: orNull(firstId, idOf),
    lastId: idOf(lastId),
    entriesAdded: countOf(entriesAdded),
    groupCount: countOf(groupCount),
    incarnation: textOf(incarnation),
  };
}

function rangeCommand(options: RangeOptions): { command: string; args: string[] } {
  const { from = "-", to = "+", count, reverse = false } = options;
  if (!Number.isInteger(count) || count < 1 || count > RANGE_COUNT_MAX) {
    throw new InvalidOptionError("count", count, `1 to ${RANGE_COUNT_MAX}`);
  }
  const size = ["COUNT", String(count)];
  return reverse
    ? { command: "XREVRANGE", args: [to, from, ...size] }
    : { command: "XRANGE", args: [from, to, ...size] };
}

function trimArguments(bound: TrimBound): string[] {
  if ("beforeId" in bound) return ["MINID", bound.beforeId];
  const { lengthMax } = bound;
  if (!Number.isInteger(lengthMax) || lengthMax < 0) {
    throw new InvalidOptionError("lengthMax", lengthMax, "a whole number from 0");
  }
  return ["MAXLEN", String(lengthMax)];
}
