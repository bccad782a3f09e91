/**
 * A separate checkpoint store on Redis: one hash per stream and group, on a server that need not be the stream's. It
 * connects when it is first used and comes back by itself; while the server is down, every call says so at once.
 *
 * @module
 */

import { type Checkpoint, CHECKPOINT_SCHEMA } from "../../domain/checkpoint.ts";
import { InvalidOptionError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { CheckpointStore } from "../../ports/checkpoint_store.ts";
import { systemClock } from "../../ports/clock.ts";
import { RedisConnection } from "./connection.ts";
import type { CallContext } from "./errors.ts";
import { listOf, orNull, textOf } from "./replies.ts";
import {
  LOAD_FURTHEST,
  MOVE_FURTHEST_ASIDE,
  SAVE_FURTHEST,
} from "./scripts/checkpoint_store.lua.ts";
import type { Script } from "./scripts/script.ts";
import { parseRedisUrl, type RedisTls } from "./url.ts";

/** Where a store is. */
export interface RedisCheckpointStoreOptions {
  /** `redis://[user:password@]host[:port][/db]`, or `rediss://` with TLS. */
  readonly url: string;
  /** What the names of its keys begin with. Default "tidemark:checkpoint". */
  readonly keyPrefix?: string;
  /** Certificates for `rediss://`. */
  readonly tls?: RedisTls;
}

/** How long one attempt to connect may take, in ms: nobody waits for the store but a start, and that not for long. */
const CONNECT_TIMEOUT_MS = 2_000;

/** How long a call may take, in ms: a save is sent again anyway, and only one is under way. */
const CALL_TIMEOUT_MS = 2_000;

/**
 * Opens a store. Does not wait for the server: while it is down, `load` and `save` throw `BrokerUnavailableError`.
 *
 * @param options Where it is.
 * @throws {InvalidOptionError} When the URL or the prefix cannot be used. Shows nothing of the URL.
 */
export function openRedisCheckpointStore(options: RedisCheckpointStoreOptions): CheckpointStore {
  const { url, keyPrefix = "tidemark:checkpoint", tls = {} } = options;
  if (keyPrefix === "") throw new InvalidOptionError("keyPrefix", keyPrefix, "a text");
  const connection = new RedisConnection({
    address: parseRedisUrl(url),
    tls,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    callTimeoutMs: CALL_TIMEOUT_MS,
    clock: systemClock,
  });
  return new RedisCheckpointStore(connection, keyPrefix);
}

/** One group, and what is done about it. */
interface Call {
  readonly action: string;
  readonly stream: string;
  readonly group: string;
  readonly reads?: boolean;
}

class RedisCheckpointStore implements CheckpointStore {
  readonly #connection: RedisConnection;
  readonly #keyPrefix: string;
  /** Digests of what was loaded last, by key: only that is moved aside, not what another process saved since. */
  readonly #loaded = new Map<string, string>();
  #connecting: Promise<void> | null = null;

  constructor(connection: RedisConnection, keyPrefix: string) {
    this.#connection = connection;
    this.#keyPrefix = keyPrefix;
  }

  async load(stream: string, group: string): Promise<unknown> {
    return (await this.#find(stream, group))?.text ?? null;
  }

  async save(checkpoint: Checkpoint): Promise<boolean> {
    const { stream, group, consumer } = checkpoint;
    checkName("consumer", consumer);
    const args = [
      JSON.stringify(checkpoint),
      String(CHECKPOINT_SCHEMA),
      stream,
      group,
      consumer,
      JSON.stringify({ ...checkpoint, done: [] }),
    ];
    const call = { action: "save the checkpoint", stream, group };
    return await this.#run(SAVE_FURTHEST, args, call) === 1;
  }

  async quarantine(stream: string, group: string): Promise<void> {
    const key = this.#keyOf(stream, group);
    const digest = this.#loaded.get(key) ?? (await this.#find(stream, group))?.digest;
    if (digest === undefined) return;
    const call = { action: "move the checkpoint aside", stream, group };
    await this.#run(MOVE_FURTHEST_ASIDE, [digest], call);
    this.#loaded.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.close();
  }

  async #find(stream: string, group: string): Promise<{ text: string; digest: string } | null> {
    const call = { action: "load the checkpoint", stream, group, reads: true };
    const found = orNull(await this.#run(LOAD_FURTHEST, [], call), (reply) => {
      const [text, digest] = listOf(reply);
      return { text: textOf(text), digest: textOf(digest) };
    });
    if (found === null) this.#loaded.delete(this.#keyOf(stream, group));
    else this.#loaded.set(this.#keyOf(stream, group), found.digest);
    return found;
  }

  async #run(script: Script, args: readonly string[], call: Call): Promise<unknown> {
    const { stream, group, reads = false } = call;
    checkName("stream", stream);
    checkName("group", group);
    const key = this.#keyOf(stream, group);
    const keys = reads ? [key] : [key, asideKey(key)];
    const action = `${call.action} of group "${group}" of stream "${stream}"`;
    const context: CallContext = { action, stream, group, reads };
    await this.#connected();
    return await this.#connection.run(script, keys, args, context);
  }

  /** Calls that come together wait together. */
  #connected(): Promise<void> {
    return this.#connecting ??= this.#connection
      .whenReady({ withinMs: CONNECT_TIMEOUT_MS, patient: false })
      .finally(() => this.#connecting = null);
  }

  /** Encoded, so that "a:b" with "c" and "a" with "b:c" are two keys; in braces, so that moving aside stays in the slot. */
  #keyOf(stream: string, group: string): string {
    return `${this.#keyPrefix}:{${encodeURIComponent(stream)}:${encodeURIComponent(group)}}`;
  }
}

/** Where an unusable value goes: told apart by time for people, by chance for values of the same millisecond. */
function asideKey(key: string): string {
  const time = new Date(systemClock.nowMs()).toISOString();
  return `${key}:quarantined:${time}:${crypto.randomUUID().slice(0, 8)}`;
}
