/**
 * Every deliberate defect, part by part.
 *
 * @module
 */

import { CONSUMER_DEFECTS } from "./consumer_defects.ts";
import type { Defect } from "./defect.ts";
import { FLOW_DEFECTS } from "./flow_defects.ts";
import { OUTSIDE_DEFECTS } from "./outside_defects.ts";
import { RECOVERY_DEFECTS } from "./recovery_defects.ts";
import { REDIS_DEFECTS } from "./redis_defects.ts";
import { SQLITE_DEFECTS } from "./sqlite_defects.ts";
import { START_UP_DEFECTS } from "./start_up_defects.ts";
import { WORK_DEFECTS } from "./work_defects.ts";

/** All of them. */
export const DEFECTS: readonly Defect[] = [
  ...SQLITE_DEFECTS,
  ...REDIS_DEFECTS,
  ...CONSUMER_DEFECTS,
  ...START_UP_DEFECTS,
  ...RECOVERY_DEFECTS,
  ...WORK_DEFECTS,
  ...FLOW_DEFECTS,
  ...OUTSIDE_DEFECTS,
];
