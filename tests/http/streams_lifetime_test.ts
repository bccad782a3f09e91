/**
 * How long streams live at the ends of what can be asked for.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { serveStreams, statusOf, TEXT } from "./streams_server.ts";

testOnEachBroker(
  "streamRoutes take every lifetime that they do not refuse",
  async ({ broker }) => {
    await using server = serveStreams({ broker });
    const { ask } = server;
    const put = async (name: string, headers: Record<string, string>) =>
      await statusOf(await ask("PUT", name, { headers: { ...TEXT, ...headers } }));
    const seen = async (name: string) => await statusOf(await ask("HEAD", name));
    assertEquals(await put("long", { "stream-ttl": "3153600000" }), 201);
    assertEquals(await put("far", { "stream-expires-at": "9999-12-31T23:59:59Z" }), 201);
    assertEquals(await put("past", { "stream-expires-at": "1970-01-02T00:00:00+01:00" }), 201);
    assertEquals(await put("none", { "stream-ttl": "0" }), 201);
    assertEquals([await seen("long"), await seen("far"), await seen("past")], [200, 200, 404]);
    await eventually("a lifetime of nothing is over", async () => await seen("none") === 404);
    const append = { headers: TEXT, body: "x" };
    assertEquals(await statusOf(await ask("POST", "far", append)), 204);
    assertEquals(await statusOf(await ask("POST", "past", append)), 404);
    assertEquals(server.lines, []);
  },
);
