/**
 * A process of its own that runs one consumer: prints a line when it reads, and one for every event that it handles.
 * Each event becomes one output on `results`. Arguments: broker URL, consumer name, ms per event.
 *
 * @module
 */

import { runConsumer } from "../../mod.ts";

const [url = "", consumer = "main", handleMs = "0"] = Deno.args;
const encoder = new TextEncoder();
const say = (line: string) => Deno.stdout.writeSync(encoder.encode(`${line}\n`));

await runConsumer({
  url,
  consumer,
  stream: "jobs",
  group: "workers",
  count: 10,
  leaseMs: 1_000,
  handler: async (event, context) => {
    await new Promise((resolve) => setTimeout(resolve, Number(handleMs)));
    context.publish("results", { type: "result", data: event.data });
    say(`handled ${event.data}`);
  },
});
