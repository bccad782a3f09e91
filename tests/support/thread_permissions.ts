/**
 * A handler that tells what it may do, as the reason of a dead letter.
 *
 * @module
 */

import type { Event } from "../../src/domain/event.ts";
import type { HandlerContext } from "../../src/workers/handler.ts";

const attempts: Record<string, () => unknown> = {
  "read here": () => Deno.readTextFile(new URL(import.meta.url)),
  "read elsewhere": () => Deno.readTextFile("/etc/hostname"),
  write: () => Deno.makeTempFile(),
  net: () => Deno.connect({ port: 1, hostname: "127.0.0.1" }),
  env: () => Deno.env.get("HOME"),
  run: () => new Deno.Command("true").output(),
};

export default async (_event: Event, context: HandlerContext): Promise<void> => {
  const told: string[] = [];
  for (const [what, attempt] of Object.entries(attempts)) {
    const answer = await Promise.resolve().then(attempt).then(() => "yes", ({ name }) => name);
    told.push(`${what}: ${answer}`);
  }
  context.deadLetter(told.join(", "));
};
