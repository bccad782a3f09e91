/** One consumer for as long as a signal lets it: also before there is a server. */

import { assertEquals, assertRejects } from "@std/assert";
import { BrokerUnavailableError, runConsumer } from "../../mod.ts";
import { temporaryFolder } from "../cli/command_line.ts";
import { freePort } from "../support/redis_server.ts";

const place = { stream: "jobs", group: "workers", handler: () => {} };

Deno.test("runConsumer ends at its signal while its server is down", async () => {
  const url = `redis://127.0.0.1:${freePort()}`;
  const beganMs = performance.now();
  for (const signal of [AbortSignal.timeout(50), AbortSignal.abort()]) {
    assertEquals(await runConsumer({ ...place, url, signal }), undefined);
  }
  assertEquals(
    performance.now() - beganMs < 4_000,
    true,
    "not after the five seconds of a connect",
  );
});

Deno.test("runConsumer tells that its server is down where nobody told it to end", async () => {
  await using folder = await temporaryFolder();
  const url = `sqlite:${folder.path}/none/t.db`;
  const { signal } = new AbortController();
  await assertRejects(() => runConsumer({ ...place, url, signal }), BrokerUnavailableError);
});
