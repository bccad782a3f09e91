/** The story that a consumer tells in the log: lines for what matters, however long an outage lasts. */

import { assertEquals } from "@std/assert";
import type { ConsumerContext } from "../../src/consumer/machine_events.ts";
import { Narration } from "../../src/consumer/narration.ts";
import type { Report } from "../../src/consumer/report.ts";
import type { StartUpRow } from "../../src/consumer/start_up_decision.ts";

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
  deadLetteredCount: 0,
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
    'info consumer reads {"stream":"orders","epoch":3,"position":"5-0","start":"resumed"}',
    'debug rows of the start-up table {"stream":"orders","epoch":3,"rows":"V3"}',
    'warn a call failed, trying again {"stream":"orders","code":"BROKER_UNAVAILABLE","error":"Cannot read: away"}',
    'info going on {"stream":"orders","failedCalls":3}',
  ]);
});

Deno.test("Narration tells in plain words how a consumer started, and the rows of the table for debugging", () => {
  const starts: [StartUpRow[], string][] = [
    [["V1"], "new group"],
    [["V2"], "existing group without a checkpoint"],
    [["V3", "V8"], "resumed; entries were trimmed before they were read"],
    [["V4"], "group was behind its checkpoint, resumed there"],
    [["V5"], "group was gone, made again at its checkpoint"],
    [
      ["V2", "V6"],
      "existing group without a checkpoint; checkpoint beyond the end of the stream, began anew",
    ],
    [["V7"], "another stream than the checkpoint's, began anew"],
    [["V9", "V11"], "unusable checkpoint set aside; no stream yet"],
  ];
  for (const [rows, words] of starts) {
    const lines: unknown[] = [];
    const narration = new Narration({
      log: (level, message, fields) => lines.push([level, message, fields]),
    }, {});
    narration.observe({ ...quiet, epoch: 1, startUpRows: rows, position: "5-0" });
    assertEquals(lines, [
      ["info", "consumer reads", { epoch: 1, position: "5-0", start: words }],
      ["debug", "rows of the start-up table", { epoch: 1, rows: rows.join(" ") }],
    ]);
  }
});

Deno.test("Narration tells of an event that was given up why, with what its handler failed with", () => {
  const lines: unknown[] = [];
  const told: Report[] = [];
  const narration = new Narration({
    log: (level, message, fields) => lines.push([level, message, fields]),
  }, { stream: "orders" });
  const reports: Report[] = [
    { kind: "deadLettered", id: "1-0", reason: "its handler failed 5 times", error: "no total" },
    { kind: "deadLettered", id: "2-0", reason: "it was told to", error: null },
  ];
  for (const report of reports) narration.reported(report, (each) => told.push(each));
  assertEquals(told, reports);
  const message = "an event was given up and moved to the dead letters";
  const common = { stream: "orders", report: "deadLettered" };
  assertEquals(lines, [
    ["warn", message, {
      ...common,
      id: "1-0",
      reason: "its handler failed 5 times",
      error: "no total",
    }],
    ["warn", message, { ...common, id: "2-0", reason: "it was told to" }],
  ]);
});
