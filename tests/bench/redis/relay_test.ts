/**
 * The way to the server that is 2 ms long: that it delays answers, keeps every byte in order, and ends with its
 * client.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { z } from "@hono/zod-openapi";
import { ChildProgram } from "../child_program.ts";

const RELAY = new URL("relay.ts", import.meta.url);

/** Reads so many bytes. */
async function readBytes(connection: Deno.Conn, count: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const size = await connection.read(bytes.subarray(at));
    if (size === null) throw new Error(`The connection ended after ${at} of ${count} bytes`);
    at += size;
  }
  return bytes;
}

/** Writes all of them. */
async function writeBytes(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

Deno.test("relay hands on every byte in order, answers 2 ms later, and ends with its client", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using relay = new ChildProgram(RELAY, {
    flags: ["--allow-net=127.0.0.1"],
    argument: listener.addr.port,
    signal: AbortSignal.timeout(30_000),
  });
  const { port } = await relay.line(z.object({ port: z.number() }));
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  using server = await listener.accept();

  const sent = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);
  for (let at = 0; at < sent.length; at += 10_000) {
    await writeBytes(client, sent.slice(at, at + 10_000));
  }
  assertEquals(await readBytes(server, sent.length), sent);
  await writeBytes(server, sent);
  assertEquals(await readBytes(client, sent.length), sent);

  const took: number[] = [];
  for (let turn = 0; turn < 20; turn++) {
    const startMs = performance.now();
    await writeBytes(server, sent.subarray(0, 1));
    await readBytes(client, 1);
    took.push(performance.now() - startMs);
  }
  took.sort((one, other) => one - other);
  const [quickest = 0] = took;
  const usual = took[took.length / 2] ?? 0;
  assert(quickest >= 0.9 && quickest <= 3, `the quickest of 20 answers took ${quickest} ms`);
  assert(usual >= 1.5, `the usual one of 20 answers took ${usual} ms`);

  client.close();
  assertEquals(await server.read(new Uint8Array(1)), null);
});
