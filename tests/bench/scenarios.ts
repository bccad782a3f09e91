/**
 * The scenarios by their names.
 *
 * @module
 */

import { growthBacklog } from "./growth/backlog.ts";
import { growthConsumers } from "./growth/consumers.ts";
import { growthMemory } from "./growth/memory.ts";
import { growthPayload } from "./growth/payload.ts";
import { growthPending } from "./growth/pending.ts";
import { growthProcesses } from "./growth/processes.ts";
import type { Scenario } from "./scenario.ts";
import { latency } from "./latency/latency.ts";
import { outputs } from "./outputs/outputs.ts";
import { queues } from "./queues/queues.ts";
import { recorder } from "./recorder.ts";
import { redis } from "./redis/redis.ts";
import { sqlite } from "./sqlite/sqlite.ts";
import { sse } from "./sse/sse.ts";
import { startRecovery } from "./start/recovery.ts";
import { startResume } from "./start/resume.ts";
import { startRun } from "./start/run.ts";
import { threads } from "./threads.ts";

/** All there are, in the order in which they are measured. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map([
  ["redis", redis],
  ["outputs", outputs],
  ["queues", queues],
  ["latency", latency],
  ["sqlite", sqlite],
  ["sse", sse],
  ["threads", threads],
  ["inspector", recorder],
  ["start-run", startRun],
  ["start-resume", startResume],
  ["start-recovery", startRecovery],
  ["growth-consumers", growthConsumers],
  ["growth-processes", growthProcesses],
  ["growth-payload", growthPayload],
  ["growth-pending", growthPending],
  ["growth-backlog", growthBacklog],
  ["growth-memory", growthMemory],
]);
