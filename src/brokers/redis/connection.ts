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
import { Redis } from "ioredis";
import type { FieldValue } from "../../domain/entry.ts";
import {
  BrokerUnavailableError,
  ClosedError,
  PermissionMissingError,
} from "../../domain/errors.ts";
import type { Clock, Timer } from "../../ports/clock.ts";
import {
  clientOptions,
  type ClientSettings,
  GOODBYE_MS,
  LOADING_POLL_MS,
} from "./client_options.ts";
import { brokerError, type CallContext, DeadlineError, isReplyError, reasonOf } from "./errors.ts";
import type { Script } from "./scripts/script.ts";

/** How to connect and how long to wait. */
export interface ConnectionSettings extends ClientSettings {
  /** How long a call may take, in ms; a blocking one so much longer than it blocks. */
  readonly callTimeoutMs: number;
  /** Time. */
  readonly clock: Clock;
}

/** An argument as ioredis takes it. */
export type Argument = string | Buffer;

/** Timers come late on a loaded machine. */
const GOODBYE_SLACK_MS = 50;

/** A value as ioredis takes it: only its own `Buffer` stays binary. */
export function argumentOf(value: FieldValue): Argument {
  return typeof value === "string"
    ? value
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** One connection. Connects when it is first waited for, then again and again until it is closed. */
export class RedisConnection {
  readonly #client: Redis;
  readonly #settings: ConnectionSettings;
  #lastReason = "not connected";
  #refusal: Error | null = null;
  #greeting: Timer | null = null;
  #isGreeted = false;
  #isLeaving = false;
  #brokeAtMs = 0;
  #closed = false;
  #closing: Promise<void> | null = null;

  /** @param settings How to connect. Nothing is sent before {@linkcode whenReady}. */
  constructor(settings: ConnectionSettings) {
    this.#settings = settings;
    this.#client = new Redis({
      ...clientOptions(settings),
      reconnectOnError: (error) => this.#leavesDemoted(error),
    });
    // Every consumer may wait for the shared connection at once; each wait ends its listeners.
    this.#client.setMaxListeners(0);
    this.#client.on("connect", () => this.#onConnect());
    this.#client.on("ready", () => this.#onReady());
    this.#client.on("close", () => {
      this.#greeting?.cancel();
      // Also where we close it ourselves before its greeting was answered: ioredis then says goodbye twice.
      if (!this.#closed || !this.#isGreeted) this.#brokeAtMs = settings.clock.nowMs();
    });
    this.#client.on("error", (error: unknown) => {
      this.#lastReason = reasonOf(error);
      // A refused AUTH or SELECT leaves ioredis connected as somebody else, or to database 0.
      if (isReplyError(error)) this.#refusal = error;
    });
  }

  /** Whether the connection can be used now. */
  get isReady(): boolean {
    return !this.#closed && this.#client.status === "ready";
  }

  /**
   * Waits until the connection can be used.
   *
   * @param options `withinMs`: how long; `patient`: outlast failed attempts; `signal`: ends the wait.
   * @throws {BrokerUnavailableError} When it did not come up.
   * @throws {AccessDeniedError} When user or password are refused.
   * @throws {PermissionMissingError} When Deno was not given `--allow-net` of the server.
   */
  whenReady(
    options: {
      readonly withinMs: number;
      readonly patient: boolean;
      readonly signal?: AbortSignal;
    },
  ): Promise<void> {
    const client = this.#client;
    const action = `connect to ${this.#settings.address.location}`;
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
      const unavailable = () => new BrokerUnavailableError(action, this.#lastReason);
      const onReady = () => settle();
      const onAbort = () => settle(unavailable());
      const onEnd = () => settle(unavailable());
      const onClose = () => options.patient ? undefined : settle(unavailable());
      const onError = (error: unknown) => {
        if (error instanceof Deno.errors.NotCapable) return settle(this.#notAllowed(action));
        if (!isReplyError(error)) return;
        const refusal = brokerError(error, { action });
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

  /**
   * Hears what this connection gets without asking, once it has sent SUBSCRIBE.
   *
   * @param listener `published`: on a channel; `broken`: the connection is gone, and what was published since is lost.
   */
  listen(
    listener: { readonly published: (channel: string) => void; readonly broken: () => void },
  ): void {
    this.#client.on("message", listener.published).on("close", listener.broken);
  }

  /** Ends the connection; calls under way reject. Idempotent. Nothing of it is left when it resolves. */
  close(): Promise<void> {
    // One end for all who ask for it: a client that has no socket tells of none, now or later.
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#closed = true;
    if (this.#client.status !== "end") await this.#end();
    // Where a connection had just broken, ioredis still holds a timer that says goodbye to its socket; where the server
    // was loading its file, first one that asks again.
    const leftMs = GOODBYE_MS + GOODBYE_SLACK_MS + (this.#isGreeted ? 0 : LOADING_POLL_MS);
    const restMs = this.#brokeAtMs + leftMs - this.#settings.clock.nowMs();
    if (restMs > 0) await this.#wait(Math.min(restMs, leftMs));
  }

  #end(): Promise<void> {
    const client = this.#client;
    return new Promise((resolve) => {
      client.once("end", () => resolve());
      // A connection that waits for its next attempt has no socket whose end it would notice.
      if (client.status === "reconnecting") this.#wait(2 * GOODBYE_MS).then(resolve);
      client.disconnect();
    });
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#settings.clock.after(ms, resolve));
  }

  #notAllowed(action: string): PermissionMissingError {
    const { host, port } = this.#settings.address;
    const name = isIP(host) === 6 ? `[${host}]` : host;
    const flags = `--allow-net=${name}:${port}`;
    return new PermissionMissingError(action, { mayNot: "reach it", flags });
  }

  /** Connects anew. Once: ioredis takes leave as often as it is told, each time with a timer and a listener of its own. */
  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#client.disconnect(true);
  }

  /** A connection to a server that was demoted heals only by connecting anew; every answer says so, one is enough. */
  #leavesDemoted(error: Error): boolean {
    if (this.#isLeaving || !error.message.startsWith("READONLY")) return false;
    this.#isLeaving = true;
    return true;
  }

  #onConnect(): void {
    this.#refusal = null;
    this.#isGreeted = false;
    this.#isLeaving = false;
    this.#greeting?.cancel();
    this.#greeting = this.#settings.clock.after(this.#settings.callTimeoutMs, () => {
      this.#lastReason = new DeadlineError().code;
      this.#leave();
    });
  }

  #onReady(): void {
    this.#greeting?.cancel();
    this.#isGreeted = true;
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
        this.#leave();
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
