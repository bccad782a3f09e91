/**
 * The program of the README: one consumer, one handler.
 *
 * @module
 */

import { runConsumer } from "../../../mod.ts";

const [url = "", stream = ""] = Deno.args;
const done = new AbortController();
await runConsumer({
  url,
  stream,
  group: "start",
  signal: done.signal,
  handler() {
    console.log("handled");
    done.abort();
  },
});
