/**
 * A request to a process, and what became of it: the state of a journal that the asker makes. Version 1 is the request;
 * whoever raises it has taken it, and nobody else can.
 *
 * @module
 */

import { z } from "zod";
import { TidemarkError } from "../../domain/errors.ts";
import { printable } from "../../domain/printable.ts";
import { type CommandTarget, INSPECTOR_COMMANDS, type InspectorCommand } from "../source.ts";

/** What is asked. */
export type RemoteRequest =
  | {
    readonly want: "command";
    readonly command: InspectorCommand;
    readonly target: CommandTarget;
  }
  | { readonly want: "recording" };

/** What became of it: `taken` is being done. */
export type RemoteOutcome =
  | { readonly outcome: "taken" }
  | { readonly outcome: "done" }
  | { readonly outcome: "failed"; readonly code: string; readonly message: string };

const MESSAGE_MAX = 500;
const CODE_MAX = 64;

const name = z.string().max(256).optional();

const requestSchema = z.discriminatedUnion("want", [
  z.object({
    want: z.literal("command"),
    command: z.enum(INSPECTOR_COMMANDS),
    target: z.object({ stream: name, group: name, consumer: name }),
  }),
  z.object({ want: z.literal("recording") }),
]);

const outcomeSchema = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("taken") }),
  z.object({ outcome: z.literal("done") }),
  z.object({ outcome: z.literal("failed"), code: z.string(), message: z.string() }),
]);

/** The state of a new request. */
export function encodeRequest(request: RemoteRequest): string {
  return JSON.stringify(request);
}

/** Reads a request, `null` for what is none, or of a later version. Never throws. */
export function decodeRequest(state: string): RemoteRequest | null {
  const request = requestSchema.safeParse(jsonOf(state)).data;
  if (request === undefined) return null;
  if (request.want === "recording") return request;
  const { stream, group, consumer } = request.target;
  const target = {
    ...(stream === undefined ? {} : { stream }),
    ...(group === undefined ? {} : { group }),
    ...(consumer === undefined ? {} : { consumer }),
  };
  return { want: "command", command: request.command, target };
}

/** The state of a request that was taken. */
export function encodeOutcome(outcome: RemoteOutcome): string {
  return JSON.stringify(outcome);
}

/** Reads what became of a request, `null` for nothing yet. Never throws. */
export function decodeOutcome(state: string): RemoteOutcome | null {
  const outcome = outcomeSchema.safeParse(jsonOf(state)).data;
  if (outcome?.outcome !== "failed") return outcome ?? null;
  const { code, message } = outcome;
  return {
    outcome: "failed",
    code: printable(code, CODE_MAX),
    message: printable(message, MESSAGE_MAX),
  };
}

/** What went wrong, in words that may leave the process: those of other people's errors may not. */
export function failedOutcome(error: unknown): RemoteOutcome {
  const isOurs = error instanceof TidemarkError;
  return {
    outcome: "failed",
    code: isOurs ? error.code : "UNEXPECTED",
    message: isOurs ? printable(error.message, MESSAGE_MAX) : "something unexpected went wrong",
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
