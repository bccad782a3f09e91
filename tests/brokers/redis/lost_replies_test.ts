/**
 * What a broken network does to a call: answers that never come, connections that go silent, servers that are away.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { BrokerUnavailableError, UnknownOutcomeError } from "../../../src/domain/errors.ts";
import { GroupMissingError } from "../../../src/domain/stream_errors.ts";
import { freePort, startRedisServer } from "../../support/redis_server.ts";
import {
  appendKeys,
  commitOf,
  handled,
  idsOf,
  joinGroup,
  noSignal,
  openBroker,
  readNow,
  redisCli,
  until,
} from "./setting.ts";
import { TcpProxy } from "./tcp_proxy.ts";

Deno.test("I1, I6: commit is answered already when its first reply was lost", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null, null]);
  const [first, second] = await readNow(broker, membership);
  assert(first !== undefined && second !== undefined);
  const output = { stream: "{orders}:invoices", fields: ["payload", "2"] };
  const request = {
    token: "t1",
    settlements: [handled(first.id, [output]), handled("9-0"), handled("9-1")],
    withDone: false,
  };

  const lost = proxy.loseNextReply();
  await assertRejects(() => broker.commit(membership, request), UnknownOutcomeError);
  await lost;
  await until(() => broker.streamInfo("orders").then(() => true, () => false));

  const again = await broker.commit(membership, request);
  assertEquals(again.kind, "already");
  assertEquals(again.verdicts, ["committed", "fenced", "fenced"]);
  assertEquals(again.checkpoint.position, first.id);
  const invoices = await broker.range("{orders}:invoices", { count: 10 });
  assertEquals(invoices.map(({ fields }) => fields), [["payload", "2"]]);
  const next = await broker.commit(membership, commitOf("t2", [second.id]));
  assertEquals(next.kind, "committed");
});

Deno.test("append with an idempotency key appends once when its first reply was lost", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  await broker.createStream("orders");
  const entries = [{ fields: ["payload", "1"], idempotencyKey: "order 7" }];

  const lost = proxy.loseNextReply();
  await assertRejects(() => broker.append("orders", entries), UnknownOutcomeError);
  await lost;
  await until(() => broker.streamInfo("orders").then(() => true, () => false));

  const [result] = await broker.append("orders", entries);
  assertEquals(result?.duplicate, true);
  assertEquals((await broker.streamInfo("orders"))?.length, 1);
});

Deno.test("I10: readNew whose reply was lost leaves its entries to readOwnPending", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  for (const order of ["none", "key"] as const) {
    const stream = `orders by ${order}`;
    const membership = await joinGroup(broker, "a", { stream, order });
    await appendKeys(broker, ["k", "k"], { stream });

    const lost = proxy.loseNextReply();
    await assertRejects(() => readNow(broker, membership), UnknownOutcomeError);
    await lost;
    await until(() => broker.streamInfo(stream).then(() => true, () => false));

    const own = await broker.readOwnPending(membership, {
      afterId: "0-0",
      count: 10,
      countDelivery: false,
    });
    assertEquals(own.entries.map(({ id, deliveries }) => [id, deliveries]), [["1-0", 1], [
      "2-0",
      1,
    ]]);
  }
});

Deno.test("I10: entries that were handed out, and then could not be read as bytes, have an unknown outcome", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  for (const order of ["none", "key"] as const) {
    const stream = `orders by ${order}`;
    const membership = await joinGroup(broker, "a", { stream, order });
    await broker.append(stream, [{ id: "1-0", fields: ["payload", new Uint8Array([0xfe])] }]);
    const own = { afterId: "0-0", count: 10, countDelivery: false } as const;
    const handOuts = [
      () => readNow(broker, membership),
      () => broker.claim(membership, { idleMsMin: 0, afterId: "0-0", count: 10 }),
      () => broker.readOwnPending(membership, own),
    ];
    for (const handOut of handOuts) {
      const wasMet = proxy.loseRepliesTo(`XRANGE\r\n$${stream.length}\r\n${stream}`, 1);
      await assertRejects(handOut, UnknownOutcomeError);
      assert(wasMet());
      await until(() => broker.streamInfo(stream).then(() => true, () => false));
    }
    assertEquals(idsOf((await broker.readOwnPending(membership, own)).entries), ["1-0"]);
  }
});

Deno.test("I10: entries that came while nothing can be asked about them have an unknown outcome", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  const client = new Redis(server.url);
  try {
    const reading = broker.readNew(membership, { count: 10, blockMs: 5_000, signal: noSignal });
    const isWaiting = async () => String(await client.client("LIST")).includes("cmd=xreadgroup");
    await until(isWaiting);
    const others = String(await client.client("LIST")).split("\n")
      .filter((line) => !/^$|cmd=xreadgroup|cmd=client/.test(line));
    assertEquals(others.length, 1, "the connection for all but waiting");
    await client.config("SET", "maxclients", 1);
    await client.client("KILL", "ID", Number(/^id=(\d+)/.exec(others[0] ?? "")?.[1]));
    await until(() => broker.streamInfo("orders").then(() => false, () => true));
    await Promise.all([
      client.xadd("orders", "1-0", "payload", Buffer.from([0xfe])),
      assertRejects(() => reading, UnknownOutcomeError),
    ]);
  } finally {
    client.disconnect();
  }
});

Deno.test("I3: a half-open connection is found within the call timeout and replaced", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  await broker.createStream("orders");
  proxy.goSilent();
  const startMs = performance.now();
  await assertRejects(() => broker.createStream("orders"), UnknownOutcomeError, "ETIMEDOUT");
  assert(performance.now() - startMs < 10_000);
  proxy.recover();
  await until(() => broker.streamInfo("orders").then(() => true, () => false));
});

Deno.test("I3: a connection that took the place of a half-open one and goes silent as well is replaced", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openRedisBroker({ url: proxy.url, callTimeoutMs: 300 });
  for (let time = 1; time <= 2; time++) {
    proxy.goSilent();
    await assertRejects(() => broker.createStream("orders"), UnknownOutcomeError, "ETIMEDOUT");
    proxy.recover();
    await until(() => broker.listStreams().then(() => true, () => false));
  }
});

Deno.test("I3: a connection whose greeting is never answered is replaced", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  proxy.goSilent();
  proxy.cut();
  await until(() => Promise.resolve(proxy.silencedCount > 0));
  proxy.recover();
  await until(() => broker.listStreams().then(() => true, () => false));
  proxy.cut(); // the client says goodbye to the silent connection until it is closed
  await until(() => broker.listStreams().then(() => true, () => false));
});

Deno.test("a half-open blocking read is found after its blocking time and read again", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  const membership = await joinGroup(broker, "a");
  const waiting = broker.readNew(membership, { count: 10, blockMs: 300, signal: noSignal });
  await until(async () =>
    (await redisCli(server.port, "client", "list")).includes("cmd=xreadgroup")
  );
  proxy.goSilent();
  await assertRejects(() => waiting, UnknownOutcomeError, "ETIMEDOUT");
  proxy.recover();
  await redisCli(server.port, "xadd", "orders", "1-0", "payload", "1");
  await until(async () => {
    const read = broker.readNew(membership, { count: 10, blockMs: 200, signal: noSignal });
    return idsOf(await read.catch(() => [])).includes("1-0");
  });
});

Deno.test("I4, I8: calls reject at once while the server is down and work after its return", async () => {
  await using server = await startRedisServer({ appendonly: true });
  await using broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  await appendKeys(broker, [null]);
  await server.kill();
  await until(async () => {
    const error = await broker.listStreams().then(() => null, (error) => error);
    return error instanceof BrokerUnavailableError && error.reason === "ECONNREFUSED";
  });
  const startMs = performance.now();
  for (let call = 0; call < 10; call++) {
    await assertRejects(
      () => broker.commit(membership, commitOf("t", ["1-0"])),
      BrokerUnavailableError,
    );
    const read = { count: 1, blockMs: 500, signal: noSignal };
    await assertRejects(() => broker.readNew(membership, read), BrokerUnavailableError);
  }
  assert(performance.now() - startMs < 5_000);
  await server.start();
  await until(() => readNow(broker, membership).then((read) => read.length === 1, () => false));
});

Deno.test("openRedisBroker gives up after connectTimeoutMs and leaves nothing behind", async () => {
  const startMs = performance.now();
  const address = `127.0.0.1:${freePort()}`;
  await assertRejects(
    () => openBroker(`redis://user:secret@${address}`),
    BrokerUnavailableError,
    `Cannot connect to redis://${address}/0: the broker is not available (ECONNREFUSED)`,
  );
  const tookMs = performance.now() - startMs;
  assert(tookMs >= 1_900 && tookMs < 10_000, `took ${tookMs} ms`);
});

Deno.test("closing while the server still loads its file leaves nothing behind", async () => {
  await using server = loadingServer();
  const opening = openRedisBroker({ url: server.url, connectTimeoutMs: 250 });
  await assertRejects(() => opening, BrokerUnavailableError);
  assert(server.askedTimes > 0);
});

Deno.test("openRedisBroker outlasts a server that starts late", async () => {
  const port = freePort();
  const opening = openBroker(`redis://127.0.0.1:${port}`);
  await using _server = await startRedisServer({ port });
  await using broker = await opening;
  assertEquals(await broker.listStreams(), []);
});

Deno.test("an abort ends a blocking read at once, and the next one works", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  for (const order of ["none", "key"] as const) {
    const stream = `orders by ${order}`;
    const membership = await joinGroup(broker, "a", { stream, order });
    const stop = new AbortController();
    const waiting = broker.readNew(membership, { count: 1, blockMs: 5_000, signal: stop.signal });
    const command = order === "none" ? "cmd=xreadgroup" : "cmd=xread ";
    await until(async () => (await redisCli(server.port, "client", "list")).includes(command));
    const startMs = performance.now();
    stop.abort();
    assertEquals(await waiting, []);
    assert(performance.now() - startMs < 2_500);
    const next = broker.readNew(membership, { count: 1, blockMs: 5_000, signal: noSignal });
    await until(async () => (await redisCli(server.port, "client", "list")).includes(command));
    await appendKeys(broker, ["k"], { stream });
    assertEquals(idsOf(await next), ["1-0"]);
    await broker.leave(membership);
  }
});

Deno.test("a blocked read ends with GroupMissingError when stream or group are removed", async () => {
  await using server = await startRedisServer();
  await using broker = await openBroker(server.url);
  const removals = [["del", "orders"], ["xgroup", "destroy", "orders", "billing"], ["flushall"]];
  for (const removal of removals) {
    const membership = await joinGroup(broker, "a");
    const waiting = broker.readNew(membership, { count: 1, blockMs: 5_000, signal: noSignal });
    await until(async () =>
      (await redisCli(server.port, "client", "list")).includes("cmd=xreadgroup")
    );
    const rejects = assertRejects(() => waiting, GroupMissingError);
    await redisCli(server.port, ...removal);
    await rejects;
    await assertRejects(() => broker.renew(membership, ["1-0"]), GroupMissingError);
    await assertRejects(() => broker.commit(membership, commitOf("t", ["1-0"])), GroupMissingError);
  }
});

Deno.test("I13: a broker can be closed twice while its server is away", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  const broker = await openBroker(proxy.url);
  proxy.refuse();
  await until(() => broker.streamInfo("orders").then(() => false, () => true));
  await Promise.all([broker[Symbol.asyncDispose](), broker[Symbol.asyncDispose]()]);
  await broker[Symbol.asyncDispose]();
});

Deno.test("I2, I13: calls under way settle when the broker is closed, and later ones are refused", async () => {
  await using server = await startRedisServer();
  const broker = await openBroker(server.url);
  const membership = await joinGroup(broker, "a");
  const waiting = broker.readNew(membership, { count: 1, blockMs: 5_000, signal: noSignal });
  await until(async () =>
    (await redisCli(server.port, "client", "list")).includes("cmd=xreadgroup")
  );
  const settled = waiting.then(() => "resolved", () => "rejected");
  await broker[Symbol.asyncDispose]();
  await broker[Symbol.asyncDispose]();
  assertEquals(await settled, "rejected");
  await assertRejects(() => broker.listStreams(), Error, "closed");
  await assertRejects(
    () => broker.readNew(membership, { count: 1, blockMs: 100, signal: noSignal }),
    Error,
    "closed",
  );
});

/** A server that answers whatever it is asked with INFO's words for one that loads its file. */
function loadingServer(): { url: string; askedTimes: number } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const info = "loading:1\r\nloading_eta_seconds:1\r\n";
  const answer = new TextEncoder().encode(`$${info.length}\r\n${info}\r\n`);
  const connections = new Set<Promise<void>>();
  const server = {
    url: `redis://127.0.0.1:${listener.addr.port}`,
    askedTimes: 0,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(connections);
    },
  };
  const serve = async (connection: Deno.Conn) => {
    using _ = connection;
    for await (const _asked of connection.readable.values({ preventCancel: true })) {
      server.askedTimes++;
      await connection.write(answer);
    }
  };
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.add(serve(connection).catch(() => {}));
    }
  })();
  return server;
}
