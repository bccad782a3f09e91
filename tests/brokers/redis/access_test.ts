/**
 * The rights that the broker needs and those that it does not (S38).
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import {
  AccessDeniedError,
  type Broker,
  ConsumerGroupManager,
  deadLetterStream,
  defineRun,
  RunManager,
  serveHttp,
  StreamConsumer,
  StreamProducer,
} from "../../../mod.ts";
import { eventually } from "../../support/eventually.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import {
  appendKeys,
  commitOf,
  idsOf,
  joinGroup,
  noSignal,
  openBroker,
  readNow,
  redisCli,
} from "./setting.ts";

/**
 * What the README gives to the user of a service that reads "orders" and publishes to "invoices", and what it adds where
 * runs or streams are served.
 */
function documentedRights(): { readonly service: string[]; readonly runs: string[] } {
  const readme = Deno.readTextFileSync(new URL("../../../README.md", import.meta.url));
  const [service = [], runs = []] = [...readme.matchAll(/^ACL SETUSER app ([^`]+)^```$/gm)]
    .map(([, words = ""]) => words.replace("PASSWORD", "secret").trim().split(/\s+/));
  return { service, runs };
}

/** Rights of a user who works on the stream "orders": two key patterns, and nothing dangerous but INFO. */
const RIGHTS = [
  "on",
  ">secret",
  "resetkeys",
  "~orders",
  "~{orders}*",
  "resetchannels",
  "-@all",
  "+@read",
  "+@write",
  "+@connection",
  "+@scripting",
  "+time",
  "-@admin",
  "-@dangerous",
  "+info",
];

Deno.test("a user with the documented rights can do everything", async () => {
  await using server = await startRedisServer();
  assertEquals(await redisCli(server.port, "acl", "setuser", "app", ...RIGHTS), "OK");
  await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
  for (const order of ["none", "key"] as const) {
    const membership = await joinGroup(broker, "a", { order });
    await broker.append("orders", [
      { fields: ["a", "1"], idempotencyKey: "x" },
      { fields: ["a", "1", "key", "k"] },
    ], { lengthMax: 1_000 });
    const read = await broker.readNew(membership, { count: 10, blockMs: 100, signal: noSignal });
    assertEquals(
      await broker.readNew(membership, { count: 10, blockMs: 10, signal: noSignal }),
      [],
    );
    const ids = idsOf(read);
    assertEquals((await broker.renew(membership, ids)).fenced, []);
    await broker.readOwnPending(membership, { afterId: "0-0", count: 10, countDelivery: false });
    await broker.recordFailure(membership, ids[0] ?? "0-0", 1);
    assertEquals(await broker.release(membership, "all"), 2);
    const claimed = await broker.claim(membership, { idleMsMin: 1, afterId: "0-0", count: 10 });
    assertEquals(claimed.entries.length, 2);
    const { verdicts } = await broker.commit(membership, commitOf("t", ids));
    assertEquals(verdicts, ["committed", "committed"]);
    await broker.loadCheckpoint("orders", "billing");
    await broker.listGroups("orders");
    await broker.listConsumers("orders", "billing");
    await broker.listPending("orders", "billing", { count: 1 });
    await broker.createGroup("orders", "other", "beginning");
    await broker.deleteConsumer("orders", "billing", "a");
    await broker.deleteGroup("orders", "other");
    await broker.range("orders", { count: 1 });
    await broker.trim("orders", { lengthMax: 1 });
    await broker.deleteEntries("orders", ids);
    await broker.listStreams();
    assertEquals(await broker.deleteStream("orders"), true);
  }
});

Deno.test("an open broker is let in again once its password is right again", async () => {
  await using server = await startRedisServer();
  const app = ["acl", "setuser", "app"];
  await redisCli(server.port, ...app, ...RIGHTS);
  await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
  const answer = () =>
    broker.streamInfo("orders").then(
      () => "let in",
      (error) => error instanceof AccessDeniedError ? "refused" : String(error),
    );
  assertEquals(await answer(), "let in");
  await redisCli(server.port, ...app, "resetpass", ">other");
  await redisCli(server.port, "client", "kill", "user", "app");
  await eventually("it is refused", async () => await answer() === "refused");
  await redisCli(server.port, ...app, "resetpass", ">secret");
  await eventually("it is let in", async () => await answer() === "let in");
});

Deno.test("a user who may not ask for INFO can open a broker", async () => {
  await using server = await startRedisServer();
  await redisCli(server.port, "acl", "setuser", "app", ...RIGHTS, "-info");
  const warn = console.warn;
  console.warn = () => {}; // ioredis says that it skips its check
  try {
    await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
    assertEquals(await broker.createStream("orders"), true);
  } finally {
    console.warn = warn;
  }
});

Deno.test("a key, a command or a script without rights denies access before anything is written", async () => {
  await using server = await startRedisServer();
  await redisCli(server.port, "acl", "setuser", "app", ...RIGHTS);
  await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null]);
  await readNow(broker, membership);
  const outputs = ["{orders}:out", "elsewhere"].map((stream) => ({ stream, fields: ["a", "1"] }));
  const settlement = { kind: "handled", id: "1-0", outputs, work: [] } as const;
  const request = { token: "t", settlements: [settlement], withDone: false };
  const denied = await assertRejects(() => broker.commit(membership, request), AccessDeniedError);
  assertEquals([denied.reason, denied.recovery], ["NOPERM", "fatal"]);
  assertEquals(await broker.range("{orders}:out", { count: 1 }), []);

  await redisCli(server.port, "acl", "setuser", "app", "-xack");
  const allowed = { ...request, settlements: [{ ...settlement, outputs: outputs.slice(0, 1) }] };
  await assertRejects(() => broker.commit(membership, allowed), AccessDeniedError, "NOPERM");
  assertEquals(await broker.range("{orders}:out", { count: 1 }), []);
  await assertRejects(() => joinGroup(broker, "a"), AccessDeniedError, "NOPERM");
  await redisCli(server.port, "acl", "setuser", "app", "-evalsha");
  await assertRejects(() => broker.commit(membership, commitOf("t", ["1-0"])), AccessDeniedError);
});

/** All that a service and its operators do. */
async function serve(broker: Broker): Promise<unknown> {
  const handled: unknown[] = [];
  const producer = new StreamProducer({
    broker,
    stream: "orders",
    backpressure: { then: "wait", lagMax: 1_000 },
  });
  await producer.publish({ type: "good", data: 1, key: "k", idempotencyKey: "once" });
  await producer.publish({ type: "bad", data: 2, key: "k" });
  const place = { broker, stream: "orders", group: "billing", attemptsMax: 2 };
  const retry = { initialMs: 1, maxMs: 1, multiplier: 2 };
  const consumer = new StreamConsumer({ ...place, retry });
  try {
    await consumer.subscribe(({ type }, context) => {
      if (type === "bad") throw new Error("it is bad");
      context.publish("invoices", { type: "sent", data: type });
      handled.push(type);
    });
    await eventually("all is finished", () => {
      return consumer.context?.committedCount === 2 || consumer.state === "failed";
    });
    if (consumer.state === "failed") await consumer.finished; // throws why
  } finally {
    await consumer.stop();
  }
  await broker.announce("web", "1", 10_000);
  const groups = new ConsumerGroupManager(broker);
  await groups.reset("orders", "billing", "beginning");
  const streams = ["orders", "invoices", deadLetterStream("orders")];
  const lengths = await Promise.all(streams.map(async (stream) => {
    return (await broker.range(stream, { count: 10 })).length;
  }));
  const instances = (await broker.listInstances()).map(({ instance }) => instance);
  return { handled, lengths, instances, streams: (await broker.listStreams()).length };
}

Deno.test("a user with the rights of the README can run a service, and needs every one of them", async () => {
  const { service: rights } = documentedRights();
  const patterns = rights.filter((right) => right.startsWith("~"));
  assertEquals(patterns.length, 5);
  await using server = await startRedisServer();
  const url = `redis://app:secret@127.0.0.1:${server.port}`;
  const served = async (given: readonly string[]) => {
    await redisCli(server.port, "flushall");
    assertEquals(await redisCli(server.port, "acl", "setuser", "app", "reset", ...given), "OK");
    try {
      await using broker = await openBroker(url);
      return await serve(broker);
    } catch (error) {
      return error instanceof AccessDeniedError ? error.reason : error;
    }
  };
  assertEquals(await served(rights), {
    handled: ["good"],
    lengths: [2, 1, 1],
    instances: ["web"],
    streams: 3,
  });
  // INFO and the connection's own commands (SELECT of another database) are for what this service does not do.
  const needed = rights.filter((right) => /^[~+](?!info|@connection)/.test(right));
  for (const right of needed) {
    const others = rights.filter((each) => each !== right);
    assertEquals([right, await served(others)], [right, "NOPERM"]);
  }
});

/** A run that one process executes and another one follows, lists and deletes; and a stream over HTTP. */
async function keepRuns(broker: Broker): Promise<unknown> {
  const told: unknown[] = [];
  const go = Promise.withResolvers<void>();
  const count = defineRun({
    kind: "count",
    async start(ctx) {
      ctx.emit("counted", 1);
      await go.promise;
      ctx.emit("counted", 2);
    },
  });
  await using runs = new RunManager({ broker, kinds: [count], leaseMs: 300 });
  await using others = new RunManager({ broker, kinds: [], leaseMs: 300 });
  await using http = await serveHttp({ broker, runs: others });
  await runs.start("count", null, { run: "one" });
  const following = await others.subscribe("one", {
    afterId: "0-0",
    listener: (item) => void told.push(item.kind === "event" ? item.event.data : item.kind),
  });
  await eventually("the first is told", () => told.length === 1);
  go.resolve();
  await following.closed;
  const listed = (await others.list({ limit: 10 })).runs.map(({ run }) => run);
  const owners = (await broker.listJournals("run-owners", { limit: 10 })).journals.length;
  await runs.store.setExpire("one", 60_000);
  await runs.store.delete("one");
  const stream = `${http.address.url}/streams/notes`;
  const headers = { "content-type": "application/json" };
  const statuses: number[] = [];
  for (const method of ["PUT", "POST", "GET", "DELETE"]) {
    const body = method === "POST" ? '{"n":1}' : null;
    const response = await fetch(stream, { method, headers, body });
    await response.body?.cancel();
    statuses.push(response.status);
  }
  return { told, listed, owners, statuses };
}

Deno.test("a user with the rights of the README can keep runs and streams, and needs every one of them", async () => {
  const { service, runs } = documentedRights();
  assertEquals(runs.map((right) => right[0]), ["+", "~", "&"]);
  await using server = await startRedisServer();
  const kept = async (given: readonly string[]) => {
    await redisCli(server.port, "flushall");
    assertEquals(await redisCli(server.port, "acl", "setuser", "app", "reset", ...given), "OK");
    try {
      await using broker = await openBroker(`redis://app:secret@127.0.0.1:${server.port}`);
      return await keepRuns(broker);
    } catch (error) {
      return error instanceof AccessDeniedError ? error.reason : error;
    }
  };
  assertEquals(await kept([...service, ...runs]), {
    told: [1, 2, "end"],
    listed: ["one"],
    owners: 2,
    statuses: [201, 204, 200, 204],
  });
  for (const right of runs) {
    const others = runs.filter((each) => each !== right);
    assertEquals([right, await kept([...service, ...others])], [right, "NOPERM"]);
  }
});
