/**
 * Sees on the server itself which consumers have committed since a moment. A commit is the last step of the whole round
 * (reading, handling, writing), so whoever has made one has recovered.
 *
 * @module
 */

import type { Redis } from "ioredis";
import { groupPrefix } from "../../../src/brokers/redis/keys.ts";
import { pause } from "./carriage.ts";
import type { Layout } from "./layout.ts";
import { closePlainClient, openPlainClient } from "./plain_client.ts";

/** A server in trouble must not hold up whoever looks at it, in ms. */
const LOOK_MS_MAX = 1_500;

const AGAIN_MS = 10;

/** Looks at the commits of all groups. */
export class CommitWitness implements AsyncDisposable {
  readonly #redis: Redis;
  readonly #layouts: readonly Layout[];

  /** @param url Of the server itself, with a user that is always let in. */
  constructor(url: string, layouts: readonly Layout[]) {
    this.#layouts = layouts;
    this.#redis = openPlainClient(url, {
      commandTimeout: LOOK_MS_MAX,
      connectTimeout: LOOK_MS_MAX,
      maxRetriesPerRequest: 0,
    });
  }

  /**
   * Waits until each of these consumers has committed on every stream.
   *
   * @param options `withinMs`: for how long.
   * @returns How long it took, in ms, and who had not committed by then.
   */
  async untilCommitted(
    consumers: readonly string[],
    options: { readonly withinMs: number },
  ): Promise<{ readonly tookMs: number; readonly waiting: readonly string[] }> {
    const beganMs = performance.now();
    let before: ReadonlyMap<string, string> | null = null;
    let waiting: readonly string[] = consumers;
    for (;;) {
      try {
        const now = await this.#tokens();
        before ??= now;
        waiting = this.#layouts.flatMap(({ source }) =>
          consumers.map((consumer) => `${source} ${consumer}`)
        ).filter((name) => before?.get(name) === now.get(name));
      } catch {
        // The server cannot be looked at yet, which counts.
      }
      const tookMs = performance.now() - beganMs;
      if (waiting.length === 0 || tookMs > options.withinMs) return { tookMs, waiting };
      await pause(AGAIN_MS);
    }
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await closePlainClient(this.#redis);
  }

  /** The token of the last commit of each consumer, by stream and name. */
  async #tokens(): Promise<Map<string, string>> {
    const tokens = new Map<string, string>();
    for (const { source, group } of this.#layouts) {
      const fields = await this.#redis.hgetall(`${groupPrefix(source, group)}:checkpoint`);
      for (const [name, value] of Object.entries(fields)) {
        if (name.startsWith("t:")) tokens.set(`${source} ${name.slice(2)}`, value);
      }
    }
    return tokens;
  }
}
