/**
 * The raw loop that waits for events which are published one by one, and the plain XADD that publishes them.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";
import { Redis } from "ioredis";
import { nowMs } from "../sse/mark.ts";
import { type Figures, PLACE, type Round } from "./lines.ts";
import { isMeasured, publishPaced } from "./pacing.ts";
import { dataOf, entriesOf, idsOf } from "./raw_loop.ts";
import { Stopwatch } from "./stopwatch.ts";

const { stream, group, consumer } = PLACE;

const jobData = z.object({ number: z.number(), sentMs: z.number() });

/** Publishes and handles the events of a round. */
export async function rawLatency(round: Round): Promise<Figures> {
  const [reader, writer] = [new Redis(round.url), new Redis(round.url)];
  const watch = new Stopwatch(round.events);
  try {
    await reader.xgroup("CREATE", stream, group, "0", "MKSTREAM");
    const publishing = publishPaced(round, ({ type, key, data }) => {
      const fields = ["event_type", type, "payload", JSON.stringify(data), "key", key];
      return writer.xadd(stream, "*", ...fields);
    });
    while (watch.handled < round.events) {
      const entries = entriesOf(
        await reader.xreadgroup(
          ...["GROUP", group, consumer, "COUNT", round.count] as const,
          ...["BLOCK", 1_000, "STREAMS", stream, ">"] as const,
        ),
      );
      for (const [, fields] of entries) {
        const atMs = nowMs();
        const data = jobData.parse(dataOf(fields));
        if (isMeasured(data, round)) watch.note(atMs - data.sentMs);
        watch.handle();
      }
      if (entries.length > 0) await reader.xack(stream, group, ...idsOf(entries));
    }
    await publishing;
    return watch.stop();
  } finally {
    reader.disconnect();
    writer.disconnect();
  }
}
