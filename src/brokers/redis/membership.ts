/**
 * What every call of a consumer carries: its keys, its arguments and its name in errors.
 *
 * @module
 */

import type { EntryId } from "../../domain/entry_id.ts";
import { InvalidOptionError } from "../../domain/errors.ts";
import type { Membership } from "../../ports/consumer_store.ts";
import type { Argument } from "./connection.ts";
import { consumerKeys } from "./keys.ts";
import type { Script } from "./scripts/script.ts";
import type { Session } from "./session.ts";

/** Ids or settlements of one script, so that Lua can hand them on at once (T22) and it ends within milliseconds. */
export const COUNT_MAX = 1_000;

/**
 * Runs a script in a consumer's name.
 *
 * @param options `args`: its own arguments, from ARGV[5] on; `moreKeys`: from KEYS[13] on.
 */
export function runAs(
  session: Session,
  membership: Membership,
  options: {
    readonly script: Script;
    readonly action: string;
    readonly args: readonly Argument[];
    readonly moreKeys?: readonly string[];
    readonly start?: string;
  },
): Promise<unknown> {
  const { stream, group, consumer, epoch, ticket, order } = membership;
  const { script, action, args, moreKeys = [], start } = options;
  const keys = [...consumerKeys(stream, group), ...moreKeys];
  const all = [group, consumer, `${epoch} ${ticket}`, order, ...args];
  const context = {
    action,
    stream,
    group,
    consumer,
    epoch,
    ...(start === undefined ? {} : { start }),
  };
  return session.commands.run(script, keys, all, context);
}

/** Checks a page's size. */
export function checkCount(count: number): string {
  if (Number.isInteger(count) && count >= 1 && count <= COUNT_MAX) return String(count);
  throw new InvalidOptionError("count", count, `1 to ${COUNT_MAX}`);
}

/** Cuts a list into pieces that a script can take. */
export function pieces(ids: readonly EntryId[]): EntryId[][] {
  const found: EntryId[][] = [];
  for (let from = 0; from < ids.length; from += COUNT_MAX) {
    found.push(ids.slice(from, from + COUNT_MAX));
  }
  return found;
}
