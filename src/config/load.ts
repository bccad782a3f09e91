/**
 * From a file to a {@linkcode Config}, or to all of its faults at once.
 *
 * @module
 */

import { pathToFileURL } from "node:url";
import { ConfigurationError } from "./configuration_error.ts";
import type { Config, StreamConfig } from "./config.ts";
import { type Environment, processEnvironment } from "./environment.ts";
import { options } from "./options.ts";
import { readConfigFile } from "./read_file.ts";
import { Section } from "./section.ts";
import { parseStart } from "./start.ts";
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
  if (faults.length > 0) throw new ConfigurationError(from.source, shorten(faults));
  return config;
}

/** What somebody reads in one go; a wrong file could have thousands. */
const FAULTS_MAX = 100;

function shorten(faults: readonly string[]): readonly string[] {
  const more = faults.length - FAULTS_MAX;
  return more <= 0 ? faults : [...faults.slice(0, FAULTS_MAX), `and ${more} more`];
}

function readConfig(root: Section, base: URL): Config {
  const redisStreams = root.section("redis_streams");
  const retry = root.section("retry");
  const log = root.section("log");
  const config = {
    redisStreams: {
      redisUrl: redisStreams.optionalText(options.redisUrl),
      sqlitePath: redisStreams.requiredText(options.sqlitePath),
      blockMs: redisStreams.integer(options.blockMs),
      count: redisStreams.integer(options.count),
      streams: readStreams(redisStreams.list("streams"), base),
    },
    retry: {
      attemptsMax: retry.integer(options.attemptsMax),
      deliveriesMax: retry.integer(options.deliveriesMax),
      initialMs: retry.integer(options.initialMs),
      maxMs: retry.integer(options.maxMs),
      multiplier: retry.decimal(options.multiplier),
    },
    lease: { leaseMs: root.section("lease").integer(options.leaseMs) },
    stop: { graceMs: root.section("stop").integer(options.graceMs) },
    log: { level: log.choice(options.level), format: log.choice(options.format) },
  };
  const { initialMs, maxMs } = config.retry;
  if (maxMs < initialMs) {
    retry.conflict(options.maxMs, `is ${maxMs}, wanted at least retry.initial_ms, ${initialMs}`);
  }
  return config;
}

function readStreams(sections: readonly Section[], base: URL): StreamConfig[] {
  const streams: StreamConfig[] = [];
  for (const section of sections) {
    const stream = readStream(section, base);
    checkAgainst(streams, stream, section);
    streams.push(stream);
  }
  return streams;
}

function readStream(section: Section, base: URL): StreamConfig {
  const codec = section.requiredText(options.codec);
  return {
    name: section.requiredText(options.name),
    group: section.requiredText(options.group),
    consumer: section.requiredText(options.consumer),
    handler: moduleUrl(section.requiredText(options.handler), base),
    start: parseStart(section.requiredText(options.start)) ?? "beginning",
    order: section.choice(options.order),
    workersMax: section.integer(options.workersMax),
    codec: codec === "event" || codec === "fields" ? codec : { module: moduleUrl(codec, base) },
    handlerTimeoutMs: section.integer(options.handlerTimeoutMs),
    createStream: section.flag(options.createStream),
    onCheckpointLost: section.choice(options.onCheckpointLost),
    onDataLoss: section.choice(options.onDataLoss),
  };
}

/** Two consumers of a group must have two names, and one opinion about the order of keys. */
function checkAgainst(
  before: readonly StreamConfig[],
  stream: StreamConfig,
  section: Section,
): void {
  if (stream.name === "" || stream.group === "") return; // told already
  const ofGroup = before.filter(({ name, group }) =>
    name === stream.name && group === stream.group
  );
  if (ofGroup.some(({ consumer }) => consumer === stream.consumer)) {
    section.conflict(
      options.consumer,
      `is "${stream.consumer}" twice in one group, wanted another name for each consumer`,
    );
  }
  if (ofGroup.some(({ order }) => order !== stream.order)) {
    section.conflict(
      options.order,
      `is "${stream.order}", wanted the same as the group's other consumers`,
    );
  }
}

/** `jsr:` and the like stay, a path becomes absolute. */
function moduleUrl(specifier: string, base: URL): string {
  if (/^(file|jsr|npm|https|data):/i.test(specifier)) return specifier;
  return URL.parse(specifier, base)?.href ?? specifier;
}
