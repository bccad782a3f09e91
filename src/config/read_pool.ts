/**
 * How many handlers run, and where: the section `pool`, and what an item of `redis_streams.streams` says instead.
 *
 * @module
 */

import type { PoolConfig } from "./config.ts";
import type { Option } from "./option.ts";
import { options } from "./options.ts";
import type { Section } from "./section.ts";

/** The section `pool`, read. */
export interface Pool {
  /** Where it is written. */
  readonly section: Section;
  /** What it says. */
  readonly config: PoolConfig;
}

/** An option, and the section that it was read from. */
interface Place {
  readonly section: Section;
  readonly option: Option;
}

/** Reads the section `pool`. */
export function readPool(section: Section): Pool {
  const { mode, workersMin, workersMax } = options.pool;
  const config = {
    mode: section.choice(mode),
    workersMin: section.integer(workersMin),
    workersMax: section.integer(workersMax),
  };
  checkWorkers(config, {
    min: { section, option: workersMin },
    max: { section, option: workersMax },
  });
  return { section, config };
}

/** Reads what an item says; the section `pool` stands in for what it does not say. */
export function readPoolOf(section: Section, pool: Pool): PoolConfig {
  const { mode, workersMin, workersMax } = options.streams;
  const config = {
    mode: section.choice(mode, pool.config.mode),
    workersMin: section.integer(workersMin, pool.config.workersMin),
    workersMax: section.integer(workersMax, pool.config.workersMax),
  };
  const place = (own: Option, general: Option): Place =>
    section.gives(own) ? { section, option: own } : { section: pool.section, option: general };
  const min = place(workersMin, options.pool.workersMin);
  const max = place(workersMax, options.pool.workersMax);
  // Where it says neither, the fault is that of the section `pool`, and told there.
  if (min.section === section || max.section === section) checkWorkers(config, { min, max });
  return config;
}

function checkWorkers(
  config: PoolConfig,
  { min, max }: { readonly min: Place; readonly max: Place },
): void {
  if (config.workersMax >= config.workersMin) return;
  if (![min, max].every(({ section, option }) => section.isSound(option))) return;
  // The fault is told of what was written for the item, and names what stands in.
  if (max.section !== min.section && max.option.path.startsWith("pool.")) {
    min.section.conflict(min.option, `at most ${max.section.described(max.option)}`);
  } else {
    max.section.conflict(max.option, `at least ${min.section.described(min.option)}`);
  }
}
