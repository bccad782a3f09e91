/**
 * A consumer of Tidemark that waits for events which its producer publishes one by one.
 *
 * @module
 */

import { connect, StreamConsumer, StreamProducer } from "../../../mod.ts";
import { nowMs } from "../sse/mark.ts";
import type { JobData } from "./job_events.ts";
import { PLACE, type SideSettings } from "./lines.ts";
import { isMeasured, publishPaced } from "./pacing.ts";
import type { Side } from "./side.ts";
import { Stopwatch } from "./stopwatch.ts";
import { nextTurn } from "./turns.ts";

/** {@linkcode Side} */
export function tidemarkLatency({ order }: SideSettings): Side {
  return async (round) => {
    const { url, events, count } = round;
    await using broker = await connect(url);
    const producer = new StreamProducer<JobData>({ broker, stream: PLACE.stream });
    const watch = new Stopwatch(events);
    await using consumer = new StreamConsumer({ broker, ...PLACE, count, order });
    await consumer.subscribe<JobData>(({ data }) => {
      const atMs = nowMs();
      if (isMeasured(data, round)) watch.note(atMs - data.sentMs);
      watch.handle();
    });
    await publishPaced(round, (event) => producer.publish(event));
    await watch.allHandled;
    while ((consumer.context?.committedCount ?? 0) < events) await nextTurn();
    return watch.stop();
  };
}
