/**
 * A Redis server for a race: filled once for each size, copied for each side, looked at after it.
 *
 * @module
 */

import { Redis } from "ioredis";
import { connect } from "../../../mod.ts";
import { type RedisServer, startRedisServer } from "../../support/redis_server.ts";
import { OUTPUTS, PLACE } from "../sides/lines.ts";
import { publishBefore } from "../sides/publishing.ts";

/** The database that the events are kept in; the sides see another one. */
const SOURCE_DATABASE = 1;

const MICROS_PER_SECOND = 1_000_000;

/** A server with the events of a race. */
export class RedisStage implements AsyncDisposable {
  readonly #server: RedisServer;
  readonly #redis: Redis;
  #seeded = 0;
  #cpuMicros = 0;

  private constructor(server: RedisServer) {
    this.#server = server;
    this.#redis = new Redis(server.url);
  }

  /** Starts a server. */
  static async open(): Promise<RedisStage> {
    return new RedisStage(await startRedisServer());
  }

  /** Where the sides find it. */
  get url(): string {
    return this.#server.url;
  }

  /** Its port on 127.0.0.1. */
  get port(): number {
    return this.#server.port;
  }

  /** Makes everything anew: a stream with so many events, or none, and nothing else. */
  async prepare(events: number): Promise<void> {
    if (this.#seeded !== events) await this.#seed(events);
    await this.#redis.flushdb();
    if (events > 0) {
      await this.#redis.select(SOURCE_DATABASE);
      await this.#redis.call("COPY", PLACE.stream, PLACE.stream, "DB", 0);
      await this.#redis.select(0);
    }
    this.#cpuMicros = await this.#cpuMicrosSinceStart();
  }

  /**
   * Looks whether a group has finished every event.
   *
   * @returns As {@linkcode RedisStage.usedMicros}.
   * @throws {Error} When something is left or pending.
   */
  async check(events: number): Promise<number> {
    const micros = await this.usedMicros();
    const { stream, group } = PLACE;
    const reply: unknown = await this.#redis.xinfo("GROUPS", stream);
    const found = factsOf(Array.isArray(reply) ? reply[0] : null);
    const last: unknown = (await this.#redis.xrevrange(stream, "+", "-", "COUNT", 1))[0]?.[0];
    const length = await this.#redis.xlen(stream);
    if (
      found.get("name") !== group || found.get("pending") !== 0 || length !== events ||
      found.get("last-delivered-id") !== last
    ) {
      const facts = JSON.stringify([...found]);
      throw new Error(`A side did not finish ${events} events up to ${last}: ${facts}`);
    }
    return micros;
  }

  /** As {@linkcode RedisStage.check}, and whether each event gave one output. */
  async checkOutputs(events: number): Promise<number> {
    const micros = await this.check(events);
    const length = await this.#redis.xlen(OUTPUTS);
    if (length === events) return micros;
    throw new Error(`A side committed ${length} outputs, wanted ${events}`);
  }

  /** What the server's processor did since `prepare`, in µs. */
  async usedMicros(): Promise<number> {
    return await this.#cpuMicrosSinceStart() - this.#cpuMicros;
  }

  async #seed(events: number): Promise<void> {
    await this.#redis.flushall();
    await using broker = await connect(`${this.url}/${SOURCE_DATABASE}`);
    await publishBefore(broker, events);
    this.#seeded = events;
  }

  async #cpuMicrosSinceStart(): Promise<number> {
    const info = await this.#redis.info("cpu");
    const seconds = (name: string) => Number(RegExp(`^${name}:([\\d.]+)`, "m").exec(info)?.[1]);
    return (seconds("used_cpu_user") + seconds("used_cpu_sys")) * MICROS_PER_SECOND;
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#redis.disconnect();
    await this.#server[Symbol.asyncDispose]();
  }
}

/** A flat list of names and values as a map. */
function factsOf(reply: unknown): ReadonlyMap<unknown, unknown> {
  const list: readonly unknown[] = Array.isArray(reply) ? reply : [];
  return new Map(list.flatMap((name, at) => at % 2 === 0 ? [[name, list[at + 1]]] : []));
}
