/**
 * How a consumer gets entries on Redis: new ones, its own pending ones, those of the dead.
 *
 * @module
 */

import type { Delivery } from "../../domain/entry.ts";
import type { EntryId } from "../../domain/entry_id.ts";
import { BrokerUnavailableError, UnknownOutcomeError } from "../../domain/errors.ts";
import type {
  ConsumerStore,
  Deliveries,
  Membership,
  ReadNewOptions,
} from "../../ports/consumer_store.ts";
import type { BlockingReader } from "./blocking_reader.ts";
import type { Argument } from "./connection.ts";
import { deliveriesOf, entryOf, withBytes } from "./entries.ts";
import { groupPrefix } from "./keys.ts";
import { checkCount, runAs } from "./membership.ts";
import { countOf, idOf, listOf, orNull, textOf } from "./replies.ts";
import { CLAIM, READ_NEW_IN_ORDER, READ_OWN_PENDING } from "./scripts/reading.lua.ts";
import type { Script } from "./scripts/script.ts";
import type { Session } from "./session.ts";

/** The reading methods of the broker. */
export function reading(
  session: Session,
  readerOf: (membership: Membership) => BlockingReader,
): Pick<ConsumerStore, "readNew" | "readOwnPending" | "claim"> {
  const { commands, settings } = session;

  /** These were handed out: where they cannot be answered, they are this consumer's all the same. */
  async function readWhole(
    entries: Delivery[],
    context: { readonly action: string; readonly stream: string },
  ): ReturnType<typeof withBytes<Delivery>> {
    try {
      return await withBytes(commands, entries, { stream: context.stream, context });
    } catch (error) {
      if (!(error instanceof BrokerUnavailableError)) throw error;
      throw new UnknownOutcomeError(context.action, error.reason, { cause: error });
    }
  }

  async function page(
    membership: Membership,
    options: { readonly script: Script; readonly action: string; readonly args: Argument[] },
  ): Promise<Deliveries & { readonly vanished: EntryId[] }> {
    const { stream } = membership;
    const reply = await runAs(session, membership, options);
    const [entries, lost, next] = listOf(reply);
    const whole = await readWhole(deliveriesOf(entries), { action: options.action, stream });
    return {
      entries: whole.entries,
      lost: listOf(lost).map(idOf),
      vanished: whole.gone,
      next: orNull(next, idOf),
    };
  }

  /** One native read: the server waits for entries and hands them out in one step. */
  async function readUnordered(
    membership: Membership,
    options: ReadNewOptions,
  ): Promise<Delivery[]> {
    const { stream, group, consumer } = membership;
    const { blockMs, signal } = options;
    const context = { action: `read stream "${stream}"`, stream, group };
    const head = ["GROUP", group, consumer, "COUNT", checkCount(options.count)];
    const tail = ["STREAMS", stream, ">"];
    const reply = blockMs > 0
      ? await readerOf(membership).read(
        "XREADGROUP",
        [...head, "BLOCK", blockOf(blockMs), ...tail],
        {
          blockMs,
          signal,
          context,
        },
      )
      : await commands.call("XREADGROUP", [...head, ...tail], context);
    if (reply === null) return [];
    const deliveries: Delivery[] = [];
    for (const row of listOf(listOf(listOf(reply)[0])[1])) {
      const { id, fields } = entryOf(row);
      deliveries.push({ id, fields, deliveries: 1, failures: 0, dueAtMs: 0 });
    }
    // An entry that vanished before it could be read as bytes stays pending and is found as lost.
    return (await readWhole(deliveries, context)).entries;
  }

  /** Reads by a script, which cannot wait (T22); a plain XREAD waits in between, whose answer may be lost. */
  async function readInOrder(membership: Membership, options: ReadNewOptions): Promise<Delivery[]> {
    const { stream } = membership;
    const { blockMs, signal } = options;
    const action = `read stream "${stream}"`;
    const args = [checkCount(options.count)];
    const context = { action, stream, reads: true };
    const wakeKey = `${groupPrefix(stream, membership.group)}:wake`;

    async function once() {
      const reply = await runAs(session, membership, { script: READ_NEW_IN_ORDER, action, args });
      const [entries, others, last, wake, lost] = listOf(reply);
      const lostIds = listOf(lost).map(idOf);
      if (lostIds.length > 0) options.onLost?.(lostIds);
      return {
        entries: (await readWhole(deliveriesOf(entries), { action, stream })).entries,
        others: countOf(others),
        last,
        wake,
      };
    }

    const startMs = settings.clock.nowMs();
    for (;;) {
      const { entries, others, last, wake } = await once();
      const restMs = blockMs - (settings.clock.nowMs() - startMs);
      if (entries.length > 0 || others > 0 || restMs <= 0 || restMs > blockMs) return entries;
      // Without a last id too much waits: only what is set free matters then.
      const streams = last === null
        ? [wakeKey, textOf(wake)]
        : [stream, wakeKey, textOf(last), textOf(wake)];
      const wait = ["COUNT", "1", "BLOCK", blockOf(restMs), "STREAMS", ...streams];
      const options = { blockMs: restMs, signal, context };
      const woken = await readerOf(membership).read("XREAD", wait, options);
      // Whoever was told to stop while the server woke it reads nothing more.
      if (woken === null || signal.aborted) return [];
      // Another consumer may have been faster; then the rest of the time is waited out.
    }
  }

  return {
    async readNew(membership, options) {
      if (options.signal.aborted) return [];
      return membership.order === "key"
        ? await readInOrder(membership, options)
        : await readUnordered(membership, options);
    },

    async readOwnPending(membership, options) {
      const { afterId, count, countDelivery } = options;
      const { vanished, ...own } = await page(membership, {
        script: READ_OWN_PENDING,
        action: "read own pending entries",
        args: [afterId, checkCount(count), countDelivery ? "1" : "0"],
      });
      return { ...own, lost: [...own.lost, ...vanished] };
    },

    async claim(membership, options) {
      const { idleMsMin, afterId, count } = options;
      // What vanished since stays pending: a later claim finishes it, and names it then.
      const { vanished: _, ...claimed } = await page(membership, {
        script: CLAIM,
        action: "claim pending entries",
        args: [String(Math.max(0, Math.ceil(idleMsMin))), afterId, checkCount(count)],
      });
      return claimed;
    },
  };
}

/** BLOCK 0 would wait for ever. */
function blockOf(blockMs: number): string {
  return String(Math.max(1, Math.round(blockMs)));
}
