/**
 * What stands on a process's desk: who it is, and what others want of it. Anybody can write to a broker, so reading is
 * total, and what is not understood is left out.
 *
 * @module
 */

import { z } from "zod";
import { type EntryFields, fieldValue } from "../../domain/entry.ts";

/** Who a desk is of. */
export interface DeskRecord {
  /** The mark of one life of the process, and the name of its telling. */
  readonly life: string;
}

/** What a follower lacks: nothing, what is now, or that and what was just before. */
export const LACKS = ["nothing", "present", "history"] as const;

/** One of them. */
export type Lack = typeof LACKS[number];

/** What an entry on a desk says. */
export type DeskCall =
  /** Somebody follows, for as long as a lease lasts. */
  | { readonly kind: "follow"; readonly lacks: Lack }
  /** There is a request. */
  | { readonly kind: "request"; readonly id: string };

const FORMAT = "tidemark-inspection";

/** Raised by a change that followers of an older version would misunderstand. */
const SCHEMA = 1;

/** What can be a journal's name, and is made by a program. */
const mark = z.string().regex(/^[A-Za-z0-9._-]{1,128}$/);

const deskSchema = z.object({ format: z.literal(FORMAT), schema: z.literal(SCHEMA), life: mark });

/** The state of a desk. */
export function encodeDesk({ life }: DeskRecord): string {
  return JSON.stringify({ format: FORMAT, schema: SCHEMA, life });
}

/** Reads a desk's state; `null` for what is none, or of a later version. Never throws. */
export function decodeDesk(state: string): DeskRecord | null {
  try {
    const desk = deskSchema.safeParse(JSON.parse(state)).data;
    return desk === undefined ? null : { life: desk.life };
  } catch {
    return null;
  }
}

/** The fields of an entry. */
export function encodeCall(call: DeskCall): EntryFields {
  return call.kind === "request" ? ["request", call.id] : ["follow", call.lacks];
}

/** Reads an entry; `null` for what is none of ours. Never throws. */
export function decodeCall(fields: EntryFields): DeskCall | null {
  const request = mark.safeParse(fieldValue(fields, "request")).data;
  if (request !== undefined) return { kind: "request", id: request };
  const follow = fieldValue(fields, "follow");
  const lacks = LACKS.find((each) => each === follow);
  return lacks === undefined ? null : { kind: "follow", lacks };
}
