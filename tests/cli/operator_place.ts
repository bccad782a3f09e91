/**
 * Where the operator's commands are tested: on a SQLite file and on a Redis server, each with a service's broker open
 * beside them, so that a command works while others do.
 *
 * @module
 */

import type { EntryFields } from "../../src/domain/entry.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { Membership, Order } from "../../src/ports/consumer_store.ts";
import { connect } from "../../src/service/connect.ts";
import { flushRedis } from "../contracts/flush_redis.ts";
import { type RedisServer, startRedisServer } from "../support/redis_server.ts";
import { type Outcome, temporaryFolder } from "./command_line.ts";
import { runHere } from "./in_process.ts";

/** What a test gets. */
export interface OperatorPlace {
  /** The service's own broker. */
  readonly broker: Broker;
  /** Where it is. */
  readonly url: string;
  /** Runs a command on it, in this process. */
  readonly tidemark: (...args: string[]) => Promise<Outcome>;
  /** The same with `--json`: what it answers. @throws When it is no JSON. */
  readonly json: (...args: string[]) => Promise<unknown>;
}

/** Defines one test for each kind of broker. */
export type OperatorFact = (fact: string, story: (place: OperatorPlace) => Promise<void>) => void;

/** To be called once in a test file: starts one server for all of its tests. */
export function operatorFacts(): OperatorFact {
  let server: RedisServer | null = null;
  Deno.test.beforeAll(async () => {
    server = await startRedisServer();
  });
  Deno.test.afterAll(async () => {
    await server?.[Symbol.asyncDispose]();
  });
  return (fact, story) => {
    Deno.test(`${fact} (SQLite)`, async () => {
      await using folder = await temporaryFolder();
      await tell(`sqlite:${folder.path}/t.db`, story);
    });
    Deno.test(`${fact} (Redis)`, async () => {
      if (server === null) throw new Error("Cannot test on Redis: the server was not started");
      await flushRedis(server.port);
      await tell(server.url, story);
    });
  };
}

async function tell(url: string, story: (place: OperatorPlace) => Promise<void>): Promise<void> {
  await using broker = await connect(url);
  const tidemark = (...args: string[]) => runHere([...args, `--url=${url}`]);
  const json = async (...args: string[]) => {
    return JSON.parse((await tidemark(...args, "--json")).stdout);
  };
  await story({ broker, url, tidemark, json });
}

/** Appends an event. */
export async function publish(
  broker: Broker,
  stream: string,
  event: { id: EntryId; type?: string; data?: unknown; key?: string },
): Promise<void> {
  const { id, type = "test", data = null, key } = event;
  const fields: EntryFields = ["event_type", type, "payload", JSON.stringify(data)];
  await broker.append(stream, [{
    id,
    fields: key === undefined ? fields : [...fields, "key", key],
  }]);
}

/** Joins a group, which is made at the beginning of its stream. */
export async function joinGroup(
  broker: Broker,
  place: { stream: string; group: string; consumer: string; order?: Order },
): Promise<Membership> {
  const { membership } = await broker.join({ order: "none", ...place });
  await broker.establish(membership, {
    createStream: true,
    group: { create: "0-0" },
    checkpoint: "keep",
    quarantine: false,
  });
  return membership;
}

/** What nobody else may see on a terminal: control characters but line ends, bidi marks, line separators. */
export const STEERING = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u;

/** Texts that would steer a terminal, a log or a table. */
export const HOSTILE: readonly string[] = [
  "\u001b[31mred\u001b[2J",
  "right\u202eleft\u2066",
  "line\nline\r\tend",
  "\u2028\u2029",
  "\u009b1;31m",
  "nul\u0000",
  "東京".repeat(60),
  "x".repeat(3_000),
];
