/**
 * A join that the network keeps back until its process has given it up and joined again.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ConsumerFencedError, UnknownOutcomeError } from "../../../src/domain/errors.ts";
import { JOIN } from "../../../src/brokers/redis/scripts/joining.lua.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { appendKeys, idsOf, joinGroup, openBroker, readNow, until } from "./setting.ts";
import { TcpProxy } from "./tcp_proxy.ts";

Deno.test("join that comes after a later one of the same process does not take the name from it", async () => {
  await using server = await startRedisServer();
  await using proxy = new TcpProxy(server.port);
  await using broker = await openBroker(proxy.url);
  await using other = await openBroker(server.url);
  await joinGroup(broker, "a");
  const member = { stream: "orders", group: "billing", consumer: "a", order: "none" } as const;

  const letCome = proxy.holdRequest(JOIN.sha);
  await assertRejects(() => broker.join(member), UnknownOutcomeError);
  await until(() => broker.streamInfo("orders").then(() => true, () => false));
  const { membership } = await broker.join(member);
  await letCome();
  await appendKeys(broker, [null]);
  assertEquals(idsOf(await readNow(broker, membership)), ["1-0"]);
  assertEquals((await broker.listConsumers("orders", "billing")).map(({ epoch }) => epoch), [2]);

  await other.join(member); // another process still takes it
  await assertRejects(() => broker.renew(membership, ["1-0"]), ConsumerFencedError);
});
