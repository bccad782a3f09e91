/**
 * From a file to a {@linkcode Config}, or to all of its faults at once.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { ConfigurationError } from "./configuration_error.ts";
import type { Config, InspectorConfig } from "./config.ts";
import { type Environment, processEnvironment } from "./environment.ts";
import type { Option } from "./option.ts";
import { options } from "./options.ts";
import { readConfigFile } from "./read_file.ts";
import { readHttp } from "./read_http.ts";
import { readPool } from "./read_pool.ts";
import { readRuns } from "./read_runs.ts";
import { readStreams } from "./read_streams.ts";
import { Section } from "./section.ts";
import { parseYaml } from "./yaml.ts";

/** Where a configuration comes from. */
export interface ParseOptions {
  /** What it is called in messages. */
  readonly source: string;
  /** The URL that relative modules are seen from. */
  readonly base: URL;
  /** Where variables come from. Default: this process. */
  readonly environment?: Environment;
}

/**
 * Reads a configuration file.
 *
 * @param path The file.
 * @param environment Where variables come from. Default: this process.
 * @throws {ConfigurationError} With every fault: path, value, what was wanted.
 */
export async function loadConfig(
  path: string,
  environment: Environment = processEnvironment,
): Promise<Config> {
  const text = await readConfigFile(path);
  return parseConfig(text, { source: path, base: pathToFileURL(path), environment });
}

/**
 * Reads a configuration from a text.
 *
 * @throws {ConfigurationError} With every fault: path, value, what was wanted.
 */
export function parseConfig(text: string, from: ParseOptions): Config {
  const parsed = parseYaml(text);
  if ("faults" in parsed) throw new ConfigurationError(from.source, parsed.faults);
  if (parsed.node === null) {
    throw new ConfigurationError(from.source, ["it is empty, wanted a section redis_streams"]);
  }
  const faults: string[] = [];
  const root = new Section(parsed.node, { path: "", pattern: "" }, {
    environment: from.environment ?? processEnvironment,
    faults,
  });
  const config = readConfig(root, from.base);
  if (faults.length > 0) throw new ConfigurationError(from.source, faults);
  return config;
}

function readConfig(root: Section, base: URL): Config {
  const redisStreams = root.section("redis_streams");
  const pool = readPool(root.section("pool"));
  const retry = root.section("retry");
  const supervision = root.section("supervision");
  const backpressure = root.section("backpressure");
  const http = readHttp(root.section("http"));
  const inspector = readInspector(root.section("inspector"));
  const log = root.section("log");
  const config: Config = {
    redisStreams: {
      redisUrl: redisStreams.optionalText(options.redisStreams.redisUrl),
      sqlitePath: redisStreams.requiredText(options.redisStreams.sqlitePath),
      blockMs: redisStreams.integer(options.redisStreams.blockMs),
      count: redisStreams.integer(options.redisStreams.count),
      streams: readStreams(redisStreams, {
        ...{ base, pool },
        mayBeEmpty: http.port !== 0 || inspector.enabled,
      }),
    },
    pool: pool.config,
    retry: {
      attemptsMax: retry.integer(options.retry.attemptsMax),
      deliveriesMax: retry.integer(options.retry.deliveriesMax),
      initialMs: retry.integer(options.retry.initialMs),
      maxMs: retry.integer(options.retry.maxMs),
      multiplier: retry.decimal(options.retry.multiplier),
    },
    supervision: {
      restartsMax: supervision.integer(options.supervision.restartsMax),
      windowMs: supervision.integer(options.supervision.windowMs),
      initialMs: supervision.integer(options.supervision.initialMs),
      maxMs: supervision.integer(options.supervision.maxMs),
      onFailure: supervision.choice(options.supervision.onFailure),
    },
    backpressure: {
      intervalMs: backpressure.integer(options.backpressure.intervalMs),
      lagMax: backpressure.integer(options.backpressure.lagMax),
      pendingMax: backpressure.integer(options.backpressure.pendingMax),
      oldestPendingMsMax: backpressure.integer(options.backpressure.oldestPendingMsMax),
      lengthMax: backpressure.integer(options.backpressure.lengthMax),
      pressuredShare: backpressure.decimal(options.backpressure.pressuredShare),
    },
    lease: { leaseMs: root.section("lease").integer(options.lease.leaseMs) },
    runs: readRuns(root.section("runs"), base),
    http,
    inspector,
    stop: { graceMs: root.section("stop").integer(options.stop.graceMs) },
    log: { level: log.choice(options.log.level), format: log.choice(options.log.format) },
  };
  checkWaits(retry, { ...options.retry, waits: config.retry });
  checkWaits(supervision, { ...options.supervision, waits: config.supervision });
  return config;
}

function readInspector(section: Section): InspectorConfig {
  return {
    enabled: section.flag(options.inspector.enabled),
    commands: section.flag(options.inspector.commands),
    followed: section.flag(options.inspector.followed),
    framesMax: section.integer(options.inspector.framesMax),
  };
}

/** The bound of all waits cannot be below that of the first one. */
function checkWaits(
  section: Section,
  { initialMs, maxMs, waits }: {
    readonly initialMs: Option;
    readonly maxMs: Option;
    readonly waits: { readonly initialMs: number; readonly maxMs: number };
  },
): void {
  if (waits.maxMs >= waits.initialMs) return;
  if (!section.isSound(initialMs) || !section.isSound(maxMs)) return;
  section.conflict(maxMs, `at least ${section.described(initialMs)}`);
}
