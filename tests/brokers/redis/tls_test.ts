/**
 * `rediss://`: connections are encrypted, and the server's certificate is checked (S29). The key in tests/support/tls was
 * made for these tests and vouches for nothing else.
 */

import { assertEquals, assertRejects } from "@std/assert";
import { openRedisBroker } from "../../../src/brokers/redis/redis_broker.ts";
import { BrokerUnavailableError } from "../../../mod.ts";
import { startRedisServer } from "../../support/redis_server.ts";

const folder = new URL("../../support/tls/", import.meta.url).pathname;
const ca = await Deno.readTextFile(`${folder}cert.pem`);

/** A port that was free a moment ago. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function startTlsServer(): Promise<AsyncDisposable & { readonly tlsPort: number }> {
  const tlsPort = freePort();
  const server = await startRedisServer({
    config: [
      "--tls-port",
      String(tlsPort),
      "--tls-cert-file",
      `${folder}cert.pem`,
      "--tls-key-file",
      `${folder}key.pem`,
      "--tls-ca-cert-file",
      `${folder}cert.pem`,
      "--tls-auth-clients",
      "no",
    ],
  });
  return { tlsPort, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

for (const host of ["localhost", "127.0.0.1"]) {
  Deno.test(`openRedisBroker speaks TLS to ${host} when the certificate is trusted`, async () => {
    await using server = await startTlsServer();
    await using broker = await openRedisBroker({
      url: `rediss://${host}:${server.tlsPort}`,
      tls: { ca },
    });
    const [result] = await broker.append("orders", [{ fields: ["a", "b"] }]);
    assertEquals((await broker.range("orders", { count: 1 }))[0]?.id, result?.id);
  });
}

Deno.test("openRedisBroker refuses a server whose certificate nobody vouches for", async () => {
  await using server = await startTlsServer();
  await assertRejects(
    () => openRedisBroker({ url: `rediss://localhost:${server.tlsPort}`, connectTimeoutMs: 1_000 }),
    BrokerUnavailableError,
    "CERT",
  );
});
