/**
 * A process with one consumer that tells when it joins, when it begins to handle and when a commit was answered; and goes
 * on until it is killed.
 *
 * @module
 */

import { connect, StreamConsumer } from "../../../mod.ts";
import { linesOf } from "../../chaos/worker_line.ts";
import { CommitWatch } from "../growth/commit_watch.ts";
import { tell } from "../growth/lines.ts";
import { type WorkerLine, workerSettings } from "./worker_lines.ts";

if (import.meta.main) await main();

async function main(): Promise<void> {
  const settings = workerSettings.parse(JSON.parse(Deno.args[0] ?? ""));
  const { url, handler, ...rest } = settings;
  const watch = new CommitWatch(await connect(url), () => note("committed"));
  const consumer = new StreamConsumer({ ...rest, group: "start", broker: watch.broker });
  let isHandling = false;
  await consumer.subscribe(async () => {
    if (!isHandling) note("handling");
    isHandling = true;
    await new Promise((resolve) => typeof handler === "number" && setTimeout(resolve, handler));
  });
  note("joined");
  const orphaned = linesOf(Deno.stdin.readable.getReader()).next().then(() => Deno.exit());
  await Promise.race([consumer.finished, orphaned]);
}

function note(what: WorkerLine["what"]): void {
  tell({ what, atMs: performance.timeOrigin + performance.now() } satisfies WorkerLine);
}
