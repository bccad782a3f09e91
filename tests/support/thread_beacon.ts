/**
 * A handler that shows how long its thread lives: from its import on it holds a connection to the port in its own URL,
 * which only the end of the thread closes. It passes numbers on; at number 5, the first attempt ends its thread.
 *
 * @module
 */

import type { Event, HandlerContext } from "../../mod.ts";

const { searchParams } = new URL(import.meta.url);
const port = Number(searchParams.get("port"));

const connection = await Deno.connect({ hostname: "127.0.0.1", port });

export default async (event: Event<number>, context: HandlerContext): Promise<void> => {
  context.publish(searchParams.get("results") ?? "", { type: "result", data: event.data });
  if (event.data !== 5 || context.attempt > 1) return;
  await connection.write(new Uint8Array(1)); // so that the test knows that this was done
  globalThis.close();
  await new Promise(() => {});
};
