/**
 * What the routes of the inspector take: names, and how it is said what a process tells.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import { InvalidNameError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";

/** The name of a process, a stream, a group or a consumer, in its only spelling. */
export function nameParameter(
  role: "stream" | "group" | "consumer" | "instance",
  description: string,
): z.ZodType<string, string> {
  return z.string(`the name of a ${role}, given once`).superRefine((name, context) => {
    const message = whyRefused(role, name);
    if (message !== null) context.addIssue({ code: "custom", message });
  }).openapi({ type: "string", description });
}

/** Which process is meant, where that may be left out. */
export const instanceParameter: z.ZodType<string | undefined, string | undefined> = nameParameter(
  "instance",
  "The process, as /inspector/instances names it; default this one",
).optional();

/** A position in what a process tells: when its recorder began, and the number of a frame. */
export const positionParameter: z.ZodType<FramePosition, string> = z.string(positionWanted())
  .transform((text, context): FramePosition => {
    const [, startedAtMs, seq] = /^(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
    if (startedAtMs !== undefined && seq !== undefined) {
      return { startedAtMs: Number(startedAtMs), seq: Number(seq) };
    }
    context.addIssue({ code: "custom", message: positionWanted() });
    return z.NEVER;
  })
  .openapi({ type: "string", pattern: "^\\d{1,15}\\.\\d{1,15}$", example: "1717000000000.57" });

/** A frame of one recorder. */
export interface FramePosition {
  /** When the recorder began, in ms since 1970. */
  readonly startedAtMs: number;
  /** The frame's number. */
  readonly seq: number;
}

/** A position as it is told. */
export function positionText({ startedAtMs, seq }: FramePosition): string {
  return `${startedAtMs}.${seq}`;
}

function positionWanted(): string {
  return 'two decimals such as "1717000000000.57", given once';
}

function whyRefused(role: Parameters<typeof checkName>[0], name: string): string | null {
  try {
    checkName(role, name);
    return null;
  } catch (error) {
    if (error instanceof InvalidNameError) return error.message;
    throw error;
  }
}
