/**
 * Tidemark by its public door, with its defaults but for what the round wants: the whole runtime.
 *
 * @module
 */

import { connect, type Handler, StreamConsumer } from "../../../mod.ts";
import { OUTPUTS, PLACE, type SideSettings } from "./lines.ts";
import { publishAll, publishBefore } from "./publishing.ts";
import type { Side } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";
import { nextTurn } from "./turns.ts";

/** {@linkcode Side} */
export function tidemark({ order, outputs }: SideSettings): Side {
  return async ({ url, events, count, filled }) => {
    await using broker = await connect(url);
    if (filled === "before") await publishBefore(broker, events);
    const watch = new Stopwatch(events);
    await using consumer = new StreamConsumer({ broker, ...PLACE, count, order });
    await consumer.subscribe(outputs ? publishing(watch) : watch.handle);
    if (filled === "meanwhile") {
      watch.start();
      await publishAll(broker, events);
    }
    await watch.allHandled;
    while ((consumer.context?.committedCount ?? 0) < events) await nextTurn();
    return watch.stop();
  };
}

/** Each event gives another one. */
function publishing(watch: Stopwatch): Handler {
  return ({ data }, context) => {
    watch.handle();
    context.publish(OUTPUTS, { type: "job.done", data });
  };
}
