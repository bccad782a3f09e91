/**
 * What routes of runs take in path, query and headers. Everything is strict: one spelling for each value, each parameter
 * once, none that is not known; what does not fit is refused by its name and with what was wanted, never clamped (S7 to S9).
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import { type EntryId, isEntryId } from "../../../domain/entry_id.ts";

/** As in `domain/run.ts`: ids of runs and names of kinds. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

const NAME_WANTED = "a letter or digit, then at most 127 of A-Z, a-z, 0-9, dot, _ and -";

/** An entry id as OpenAPI shows it; that both halves fit in 64 bits is checked besides. */
const ENTRY_ID_PATTERN = "^(0|[1-9][0-9]{0,19})-(0|[1-9][0-9]{0,19})$";

/** The id of a run. */
export const runIdSchema = z.string(`${NAME_WANTED}, given once`).regex(NAME, NAME_WANTED);

/** The name of a kind. */
export const runKindSchema = z.string(`${NAME_WANTED}, given once`).regex(NAME, NAME_WANTED);

/** The parameters of every path with a run in it. */
export const runPath = z.object({
  id: runIdSchema.openapi({ description: "The run", example: "report-7" }),
});

/** An object that refuses members it does not know, by their names. */
export function knownOnly<Members extends z.core.$ZodLooseShape>(
  members: Members,
): z.ZodObject<Members, z.core.$strict> {
  const known = Object.keys(members).join(", ");
  return z.strictObject(members, {
    error: (issue) => {
      if (issue.code !== "unrecognized_keys") return undefined;
      const names = issue.keys.map((key) => JSON.stringify(key)).join(", ");
      return `nothing of the name ${names}, known are: ${known}`;
    },
  });
}

/**
 * A count, as decimals without sign or leading zero.
 *
 * @param bounds The largest, and what counts when it is not given.
 */
export function countParameter(
  { max, usual }: { readonly max: number; readonly usual: number },
): z.ZodType<number, string | undefined> {
  const wanted = `a whole number from 1 to ${max}, given once`;
  return z.string(wanted)
    .refine((text) => /^[1-9]\d{0,8}$/.test(text) && Number(text) <= max, wanted)
    .optional()
    .transform((text) => text === undefined ? usual : Number(text))
    .openapi({
      type: "integer",
      description: "At most so many",
      minimum: 1,
      maximum: max,
      default: usual,
    });
}

/** An entry id in its only spelling. */
export const entryIdParameter: z.ZodType<EntryId, string> = z.string(entryIdWanted())
  .transform((text, context): EntryId => {
    if (isEntryId(text)) return text;
    context.addIssue({ code: "custom", message: entryIdWanted() });
    return z.NEVER;
  })
  .openapi({ type: "string", pattern: ENTRY_ID_PATTERN, example: "1717000000000-57" });

function entryIdWanted(): string {
  return 'two decimals such as "1717000000000-57", given once';
}
