/**
 * The table of every option of the configuration file; each section has its own file in `options/`. Validation
 * (`load.ts`), the file `config.yaml`, the README's section and the help derive from it: an option is added there, and
 * read in `load.ts` or one of the `read_….ts`.
 *
 * @module
 */

import type { Option } from "./option.ts";
import { backpressure } from "./options/backpressure.ts";
import { http } from "./options/http.ts";
import { inspector } from "./options/inspector.ts";
import { lease } from "./options/lease.ts";
import { log } from "./options/log.ts";
import { pool } from "./options/pool.ts";
import { redisStreams } from "./options/redis_streams.ts";
import { retry } from "./options/retry.ts";
import { runKinds } from "./options/run_kinds.ts";
import { runs } from "./options/runs.ts";
import { stop } from "./options/stop.ts";
import { streams } from "./options/streams.ts";
import { supervision } from "./options/supervision.ts";

/** The sections in the order of the file, by the names of the program. */
export const options = {
  redisStreams,
  streams,
  pool,
  retry,
  supervision,
  backpressure,
  lease,
  runs,
  runKinds,
  http,
  inspector,
  stop,
  log,
} as const;

/** Every option in the order of the file. */
export const OPTIONS: readonly Option[] = Object.values(options).flatMap(
  (section): Option[] => Object.values(section),
);
