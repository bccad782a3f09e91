/**
 * The configuration as the program uses it: checked, complete, with absolute modules. What each part means is told once,
 * in the option table (`options.ts`).
 *
 * @module
 */

import type { BackoffOptions } from "../domain/backoff.ts";
import type { Start } from "./start.ts";

/** One stream, its group, and the consumers that this process runs. */
export interface StreamConfig {
  readonly name: string;
  readonly group: string;
  /** The name of its consumer, or what the names of its consumers begin with: see `consumerNames`. */
  readonly consumer: string;
  readonly consumers: number;
  readonly onFenced: "stop" | "rename";
  /** A URL or specifier to import; its default export is the handler. */
  readonly handler: string;
  readonly start: Start;
  readonly order: "key" | "none";
  /** Its own, or that of the section `pool`; so are `workersMin` and `workersMax`. */
  readonly mode: "inline" | "threads";
  readonly workersMin: number;
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

/** The section `pool`: what holds for a stream that has none of its own. */
export type PoolConfig = Pick<StreamConfig, "mode" | "workersMin" | "workersMax">;

/** The section `retry`. */
export interface RetryConfig extends BackoffOptions {
  readonly attemptsMax: number;
  readonly deliveriesMax: number;
}

/** The section `supervision`. */
export interface SupervisionConfig {
  readonly restartsMax: number;
  readonly windowMs: number;
  readonly initialMs: number;
  readonly maxMs: number;
  readonly onFailure: "continue" | "end";
}

/** The section `backpressure`. A bound of 0 is not watched. */
export interface BackpressureConfig {
  readonly intervalMs: number;
  readonly lagMax: number;
  readonly pendingMax: number;
  readonly oldestPendingMsMax: number;
  readonly lengthMax: number;
  readonly pressuredShare: number;
}

/** A kind of runs: a URL or specifier to import, whose default export it is, or the name of one without code. */
export type RunKindConfig = { readonly module: string } | { readonly external: string };

/** The section `runs`. */
export interface RunsConfig {
  /** 0 for good. */
  readonly ttlMs: number;
  readonly lengthMax: number;
  readonly bufferEventsMax: number;
  readonly leaseMs: number;
  readonly cancelMs: number;
  readonly kinds: readonly RunKindConfig[];
}

/** The section `http`. */
export interface HttpConfig {
  /** 0 for none. */
  readonly port: number;
  readonly hostname: string;
  /** Secrets; `undefined` for none. */
  readonly readToken: string | undefined;
  readonly controlToken: string | undefined;
  readonly allowedHosts: readonly string[];
  readonly allowedOrigins: readonly string[];
  readonly streams: boolean;
  readonly streamsMax: number;
  readonly streamsPerAddressMax: number;
  readonly streamsPerRunMax: number;
}

/** The section `inspector`. */
export interface InspectorConfig {
  /** Whether it is served. */
  readonly enabled: boolean;
  readonly commands: boolean;
  /** Whether other processes may look. */
  readonly followed: boolean;
  readonly framesMax: number;
}

/** The section `log`. */
export interface LogConfig {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly format: "auto" | "human" | "json";
}

/** The whole configuration. */
export interface Config {
  readonly redisStreams: RedisStreamsConfig;
  readonly pool: PoolConfig;
  readonly retry: RetryConfig;
  readonly supervision: SupervisionConfig;
  readonly backpressure: BackpressureConfig;
  readonly lease: { readonly leaseMs: number };
  readonly runs: RunsConfig;
  readonly http: HttpConfig;
  readonly inspector: InspectorConfig;
  readonly stop: { readonly graceMs: number };
  readonly log: LogConfig;
}

/** The URL of the broker: `redis://…`, `rediss://…` or `sqlite:` and a path. May hold a password. */
export function brokerUrl(config: Config): string {
  const { redisUrl, sqlitePath } = config.redisStreams;
  return redisUrl ?? `sqlite:${sqlitePath}`;
}
