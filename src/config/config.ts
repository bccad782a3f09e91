/**
 * The configuration as the program uses it: checked, complete, with absolute modules. What each part means is told once,
 * in the option table (`options.ts`).
 *
 * @module
 */

import type { BackoffOptions } from "../domain/backoff.ts";
import { ConfigurationError } from "./configuration_error.ts";
import type { Start } from "./start.ts";

/** One consumer of one stream. */
export interface StreamConfig {
  readonly name: string;
  readonly group: string;
  readonly consumer: string;
  /** A URL or specifier to import; its default export is the handler. */
  readonly handler: string;
  readonly start: Start;
  readonly order: "key" | "none";
  readonly workersMax: number;
  /** `module`: a URL or specifier to import; its default export is the codec. */
  readonly codec: "event" | "fields" | { readonly module: string };
  /** 0 for no limit. */
  readonly handlerTimeoutMs: number;
  readonly createStream: boolean;
  readonly onCheckpointLost: "stop" | "resetToStart" | "resetToEnd";
  readonly onDataLoss: "stop" | "continue";
}

/** The section `redis_streams`. */
export interface RedisStreamsConfig {
  /** `undefined`: the embedded file. May hold a password. */
  readonly redisUrl: string | undefined;
  readonly sqlitePath: string;
  readonly blockMs: number;
  readonly count: number;
  readonly streams: readonly StreamConfig[];
}

/** The section `retry`. */
export interface RetryConfig extends BackoffOptions {
  readonly attemptsMax: number;
  readonly deliveriesMax: number;
}

/** The section `log`. */
export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "auto" | "human" | "json";
}

/** The whole configuration. */
export interface Config {
  readonly redisStreams: RedisStreamsConfig;
  readonly retry: RetryConfig;
  readonly lease: { readonly leaseMs: number };
  readonly stop: { readonly graceMs: number };
  readonly log: LogConfig;
}

/** The URL of the broker: `redis://…`, `rediss://…` or `sqlite:` and a path. May hold a password. */
export function brokerUrl(config: Config): string {
  const { redisUrl, sqlitePath } = config.redisStreams;
  return redisUrl ?? `sqlite:${sqlitePath}`;
}

/**
 * The configuration with one name for all of its consumers, as a process gets it from its operator.
 *
 * @throws {ConfigurationError} When two consumers are of the same stream and group: with one name they would take each
 * other's place for ever.
 */
export function withConsumer(config: Config, consumer: string): Config {
  const faults: string[] = [];
  const seen = new Map<string, StreamConfig>();
  for (const stream of config.redisStreams.streams) {
    const { name, group } = stream;
    const place = JSON.stringify([name, group]);
    const other = seen.get(place);
    if (other === undefined) {
      seen.set(place, stream);
      continue;
    }
    faults.push(
      `stream "${name}": group "${group}" has the consumers "${other.consumer}" and ` +
        `"${stream.consumer}", which cannot both be "${consumer}", leave their names to the file`,
    );
  }
  if (faults.length > 0) {
    throw new ConfigurationError("one consumer name for the whole configuration", faults);
  }
  const streams = config.redisStreams.streams.map((stream) => ({ ...stream, consumer }));
  return { ...config, redisStreams: { ...config.redisStreams, streams } };
}
