/**
 * The messages of a session file, checked: a file may come from anywhere, and whatever opens it must be able to trust it.
 * Members that are not known are left out, so that files of later releases of the same version can be opened.
 *
 * It is written with zod's small form, because the page opens files too: the other one alone is several times the page.
 *
 * @module
 */

import * as z from "zod/mini";
import {
  FORMAT,
  FORMAT_VERSION,
  type Message,
  type Scalar,
  type StateValue,
  TEXT_MAX,
} from "./format.ts";

/** Escaping makes six characters of one. */
const text = z.string().check(z.maxLength(6 * TEXT_MAX));
/** Ids of states and transitions are made of several names; descriptions are sentences. */
const longText = z.string().check(z.maxLength(10_000));
/** zod leaves out a member that is called `__proto__`. */
const name = text;
const count = z.int().check(z.minimum(0));
const ms = z.number();

const scalar: z.ZodMiniType<Scalar> = z.union([text, z.number(), z.boolean(), z.null()]);
const values = z.record(name, scalar);
/** A recorder cuts states deeper than this; checking one without end would take minutes. */
const STATE_DEPTH_MAX = 16;

const state = stateOfDepth(STATE_DEPTH_MAX);

const actor = z.object({
  id: text,
  name: text,
  systemId: z.nullable(text),
  machine: text,
  definition: z.nullable(text),
  parent: z.nullable(text),
  place: z.nullable(z.object({
    stream: z.nullable(text),
    group: z.nullable(text),
    consumer: z.nullable(text),
  })),
  startedAtMs: ms,
  sinceMs: ms,
  state,
  context: values,
  taken: z.exactOptional(z.record(longText, count)),
});

const names = z.array(longText).check(z.maxLength(10_000));

const chart = z.object({
  machine: longText,
  states: z.array(z.object({
    id: longText,
    key: longText,
    parent: z.nullable(longText),
    type: z.enum(["atomic", "compound", "parallel", "final", "history"]),
    description: z.nullable(longText),
    initial: names,
    entry: names,
    exit: names,
    invokes: names,
  })).check(z.maxLength(10_000)),
  transitions: z.array(z.object({
    id: longText,
    source: longText,
    targets: names,
    trigger: z.enum(["event", "always", "after", "done", "error"]),
    event: longText,
    label: longText,
    guard: z.nullable(longText),
    actions: names,
    reenter: z.boolean(),
    otherwise: z.boolean(),
  })).check(z.maxLength(100_000)),
});

/** Any message. */
export const messageSchema: z.ZodMiniType<Message> = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("header"),
    format: z.literal(FORMAT),
    version: z.literal(FORMAT_VERSION),
    instance: text,
    startedAtMs: ms,
  }),
  z.object({ type: z.literal("definition"), hash: text, chart }),
  z.object({ type: z.literal("snapshot"), seq: count, atMs: ms, actors: z.array(actor) }),
  z.object({ type: z.literal("gap"), from: count, until: count, count }),
  z.object({
    type: z.literal("started"),
    seq: count,
    atMs: ms,
    actor,
    joined: z.boolean(),
  }),
  z.object({
    type: z.literal("transition"),
    seq: count,
    atMs: ms,
    actor: text,
    event: z.object({ type: text, source: z.nullable(text), data: values }),
    from: state,
    sinceMs: ms,
    to: state,
    edges: names,
    step: count,
    rests: z.boolean(),
    changed: z.record(name, z.tuple([scalar, scalar])),
  }),
  z.object({
    type: z.literal("ended"),
    seq: count,
    atMs: ms,
    ending: z.enum(["done", "stopped", "failed", "unwatched"]),
    message: z.nullable(text),
    actor,
  }),
]);

/** What a first line must have for its version to be spoken of. */
export const claimSchema = z.object({ format: z.literal(FORMAT), version: z.number() });

function stateOfDepth(depth: number): z.ZodMiniType<StateValue> {
  return depth === 0 ? text : z.union([text, z.record(name, stateOfDepth(depth - 1))]);
}
