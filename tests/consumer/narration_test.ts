/** The story that a consumer tells in the log: lines for what matters, however long an outage lasts. */

import { assertEquals } from "@std/assert";
import type { ConsumerContext } from "../../src/consumer/machine_events.ts";
import { Narration } from "../../src/consumer/narration.ts";

const quiet: ConsumerContext = {
  stream: "orders",
  group: "billing",
  consumer: "main",
  request: 0,
  failures: 0,
  returnTo: "loadingCheckpoint",
  failure: null,
  epoch: 0,
  startUpRows: [],
  position: null,
  ownPendingDrained: false,
  reclaimWanted: true,
  reclaimAfter: "0-0",
  pauseWanted: false,
  batch: null,
  load: { demand: 1, inFlight: 0, running: 0, settled: 0 },
  committedCount: 0,
  fencedCount: 0,
};

Deno.test("Narration tells a start, and an outage in two lines", () => {
  const lines: string[] = [];
  const narration = new Narration({
    log: (level, message, fields) => lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
  }, { stream: "orders" });
  const reading = { ...quiet, epoch: 3, startUpRows: ["V3"], position: "5-0" } as const;
  const failure = { code: "BROKER_UNAVAILABLE", message: "Cannot read: away" };
  for (
    const context of [
      quiet,
      { ...quiet, epoch: 3 },
      reading,
      reading,
      { ...reading, failures: 1, failure },
      { ...reading, failures: 2, failure },
      { ...reading, failures: 3, failure },
      reading,
      reading,
    ]
  ) narration.observe(context);
  assertEquals(lines, [
    'info consumer reads {"stream":"orders","epoch":3,"position":"5-0","startUp":"V3"}',
    'warn a call failed, trying again {"stream":"orders","code":"BROKER_UNAVAILABLE","error":"Cannot read: away"}',
    'info going on {"stream":"orders","failedCalls":3}',
  ]);
});
