/**
 * One connection to Redis that comes back by itself. The settings are those of REDIS_FACTS section 4: nothing is queued
 * while the connection is down (I4), nothing is sent a second time behind our back (I1, I10), and every call settles
 * (I2c). `autoResendUnfulfilledCommands: false` alone would leave promises open for ever (I2), so `maxRetriesPerRequest:
 * 0` goes with it.
 *
 * The deadline of a call is our own and not ioredis' `socketTimeout`: that timer outlives its socket in 5.11.1 and then
 * cuts the next, healthy one. A call past its deadline is *unknown*, and its connection is replaced, which is also how
 * a half-open socket is found (I3). The same bound holds for the greeting of a new connection, for which ioredis would
 * wait for ever: a proxy may take a connection whose server is gone.
 *
 * @module
 */

import { isIP } from "node:net";
import { Buffer } from "node:buffer";
import { Redis, type RedisOptions } from "ioredis";
import { backoffMs, BROKER_BACKOFF } from "../../domain/backoff.ts";
import type { FieldValue } from "../../domain/entry.ts";
import { BrokerUnavailableError, ClosedError } from "../../domain/errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import { brokerError, type CallContext, DeadlineError, isReplyError, reasonOf } from "./errors.ts";
import type { Script } from "./scripts/script.ts";
import type { RedisAddress, RedisTls } from "./url.ts";

/** How to connect and how long to wait. */
export interface ConnectionSettings {
  /** Where and as whom. */
  readonly address: RedisAddress;
  /** Certificates. */
  readonly tls: RedisTls;
  /** How long one attempt to connect may take, in ms. */
  readonly connectTimeoutMs: number;
  /** How long a call may take, in ms; a blocking one so much longer than it blocks. */
  readonly callTimeoutMs: number;
  /** Time. */
  readonly clock: Clock;
}

/** An argument as ioredis takes it. */
export type Argument = string | Buffer;

/** How long a closing socket may take to say goodbye, in ms; a half-open one never does. */
const GOODBYE_MS = 100;

/** Timers come late on a loaded machine. */
const GOODBYE_SLACK_MS = 50;

/** Between two probes of an idle connection, in ms: below the 60 s after which many firewalls forget it. */
const KEEP_ALIVE_MS = 30_000;

/** A value as ioredis takes it: only its own `Buffer` stays binary. */
export function argumentOf(value: FieldValue): Argument {
  return typeof value === "string"
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function redisOptions(settings: ConnectionSettings): RedisOptions {
  const { address, tls, connectTimeoutMs } = settings;
  const { ca, cert, key, serverName } = tls;
  return {
    host: address.host,
    port: address.port,
    db: address.db,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.encrypted
      ? {
        tls: {
          ...nameForTls(serverName ?? address.host),
          ...(ca === undefined ? {} : { ca }),
          ...(cert === undefined ? {} : { cert }),
          ...(key === undefined ? {} : { key }),
        },
      }
      : {}),
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    disableClientInfo: true,
    connectTimeout: connectTimeoutMs,
    disconnectTimeout: GOODBYE_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: (attempt) => backoffMs(attempt, { ...BROKER_BACKOFF, random: Math.random() }),
    // A connection to a server that was demoted heals only by connecting anew.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
}

/** TLS knows a server by its name; an address is checked against the certificate without one (RFC 6066, section 3). */
function nameForTls(host: string): { servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

/** One connection. Connects when it is first waited for, then again and again until it is closed. */
export class RedisConnection {
  readonly #client: Redis;
  readonly #settings: ConnectionSettings;
  #lastReason = "not connected";
  #refusal: Error | null = null;
  #greeting: Timer | null = null;
  #brokeAtMs = 0;
  #closed = false;

  /** @param settings How to connect. Nothing is sent before {@linkcode whenReady}. */
  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#client = new Redis(redisOptions(settings));
    // Every consumer may wait for the shared connection at once; each wait ends its listeners.
    this.#client.setMaxListeners(0);
    this.#client.on("connect", () => this.#onConnect());
    this.#client.on("ready", () => this.#onReady());
    this.#client.on("close", () => {
      this.#greeting?.cancel();
      if (!this.#closed) this.#brokeAtMs = settings.clock.nowMs();
    });
    this.#client.on("error", (error: unknown) => {
      this.#lastReason = reasonOf(error);
      // A refused AUTH or SELECT leaves ioredis connected as somebody else, or to database 0.
      if (isReplyError(error)) this.#refusal = error;
    });
  }

  /**
   * Waits until the connection can be used.
   *
   * @param options `withinMs`: how long; `patient`: outlast failed attempts; `signal`: ends the wait.
   * @throws {BrokerUnavailableError} When it did not come up.
   * @throws {AccessDeniedError} When user or password are refused.
   */
  whenReady(
    options: {
      readonly withinMs: number;
      readonly patient: boolean;
      readonly signal?: AbortSignal;
    },
  ): Promise<void> {
    const client = this.#client;
    if (this.#closed) return Promise.reject(new ClosedError("the Redis connection"));
    if (client.status === "ready") return Promise.resolve();
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        timer.cancel();
        options.signal?.removeEventListener("abort", onAbort);
        client.off("ready", onReady).off("error", onError).off("close", onClose).off("end", onEnd);
        if (error === undefined) resolve();
        else reject(error);
      };
      const unavailable = () => new BrokerUnavailableError("connect", this.#lastReason);
      const onReady = () => settle();
      const onAbort = () => settle(unavailable());
      const onEnd = () => settle(unavailable());
      const onClose = () => options.patient ? undefined : settle(unavailable());
      const onError = (error: unknown) => {
        if (!isReplyError(error)) return;
        const refusal = brokerError(error, { action: "connect" });
        if (!options.patient || refusal.recovery === "fatal") settle(refusal);
      };
      const timer = this.#settings.clock.after(options.withinMs, () => settle(unavailable()));
      options.signal?.addEventListener("abort", onAbort);
      client.on("ready", onReady).on("error", onError).on("close", onClose).on("end", onEnd);
      if (client.status === "wait") client.connect().catch(() => {});
      else if (client.status === "reconnecting" && !options.patient) settle(unavailable());
    });
  }

  /**
   * Sends a command; strings in the answer are text.
   *
   * @param options `blockMs`: how long it may block on top of the call timeout.
   */
  call(
    command: string,
    args: readonly Argument[],
    context: CallContext,
    options: { readonly blockMs?: number } = {},
  ): Promise<unknown> {
    return this.#send(() => this.#client.call(command, [...args]), context, options.blockMs);
  }

  /** Sends a command; strings in the answer are bytes. */
  callBytes(command: string, args: readonly Argument[], context: CallContext): Promise<unknown> {
    return this.#send(() => this.#client.callBuffer(command, [...args]), context);
  }

  /** Runs a script by its digest, or by its source where the server does not know it (T20). */
  async run(
    script: Script,
    keys: readonly string[],
    args: readonly Argument[],
    context: CallContext,
  ): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    const known = await this.#send(
      () =>
        this.#client.call("EVALSHA", [script.sha, ...rest]).catch((error: unknown) => {
          if (isReplyError(error) && error.message.startsWith("NOSCRIPT")) return UNKNOWN_SCRIPT;
          throw error;
        }),
      { ...context, keys },
    );
    if (known !== UNKNOWN_SCRIPT) return known;
    return await this.#send(() => this.#client.call("EVAL", [script.source, ...rest]), {
      ...context,
      keys,
    });
  }

  /** Ends the connection; calls under way reject. Idempotent. Nothing of it is left when it resolves. */
  async close(): Promise<void> {
    const wasClosed = this.#closed;
    this.#closed = true;
    if (this.#client.status !== "end") await this.#end(wasClosed);
    // Where a connection had just broken, ioredis still holds a timer that says goodbye to its socket.
    const restMs = this.#brokeAtMs + GOODBYE_MS + GOODBYE_SLACK_MS - this.#settings.clock.nowMs();
    if (restMs > 0) await this.#wait(Math.min(restMs, GOODBYE_MS + GOODBYE_SLACK_MS));
  }

  #end(wasClosed: boolean): Promise<void> {
    const client = this.#client;
    return new Promise((resolve) => {
      client.once("end", () => resolve());
      if (wasClosed) return;
      // A connection that waits for its next attempt has no socket whose end it would notice.
      if (client.status === "reconnecting") this.#wait(2 * GOODBYE_MS).then(resolve);
      client.disconnect();
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#settings.clock.after(ms, resolve));
  }

  #onConnect(): void {
    this.#refusal = null;
    this.#greeting?.cancel();
    this.#greeting = this.#settings.clock.after(this.#settings.callTimeoutMs, () => {
      this.#lastReason = new DeadlineError().code;
      this.#client.disconnect(true);
    });
  }

  #onReady(): void {
    this.#greeting?.cancel();
    this.#lastReason = "connection closed";
  }

  #send(
    send: () => Promise<unknown>,
    context: CallContext & { readonly keys?: readonly string[] },
    blockMs = 0,
  ): Promise<unknown> {
    if (this.#closed) return Promise.reject(new ClosedError("the Redis connection"));
    if (this.#refusal !== null) return Promise.reject(brokerError(this.#refusal, context));
    if (this.#client.status !== "ready" || !this.#client.stream.writable) {
      return Promise.reject(new BrokerUnavailableError(context.action, this.#lastReason));
    }
    return new Promise((resolve, reject) => {
      const timer = this.#settings.clock.after(blockMs + this.#settings.callTimeoutMs, () => {
        reject(brokerError(new DeadlineError(), context));
        this.#client.disconnect(true);
      });
      send().then((reply) => {
        timer.cancel();
        resolve(reply);
      }, (error: unknown) => {
        timer.cancel();
        reject(brokerError(error, context));
      });
    });
  }
}

const UNKNOWN_SCRIPT = Symbol("unknown script");
