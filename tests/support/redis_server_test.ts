/**
 * The redis-server that tests start: its own port and folder, and nothing left behind.
 *
 * @module
 */
import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { freePort, type RedisServer, startRedisServer } from "./redis_server.ts";

/** Sends one command as a line and returns the reply as text. */
async function ask(server: RedisServer, command: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode(`${command}\r\n`));
  const reply = new Uint8Array(4_096);
  const size = await connection.read(reply) ?? 0;
  return new TextDecoder().decode(reply.subarray(0, size)).trim();
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("startRedisServer returns a server that answers, on 127.0.0.1 only", async () => {
  await using server = await startRedisServer();
  assertEquals(await ask(server, "PING"), "+PONG");
  assertEquals(server.url, `redis://127.0.0.1:${server.port}`);
  assertEquals(await ask(server, "CONFIG GET bind"), "*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.1");
  assertEquals(await ask(server, "CONFIG GET save"), "*2\r\n$4\r\nsave\r\n$0");
});

Deno.test("startRedisServer gives every server a port and a folder of its own", async () => {
  await using first = await startRedisServer();
  await using second = await startRedisServer();
  assertNotEquals(first.port, second.port);
  assertNotEquals(first.dir, second.dir);
  assertEquals(await ask(first, "SET key first"), "+OK");
  assertEquals(await ask(second, "GET key"), "$-1");
});

Deno.test("RedisServer ends its process and removes its folder when it is disposed", async () => {
  const server = await startRedisServer();
  assert(await exists(server.dir));
  await server[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
  assertEquals(await exists(server.dir), false);
  await assertRejects(() => ask(server, "PING"), Deno.errors.ConnectionRefused);
});

Deno.test("RedisServer is disposed also when it was stopped by a signal", async () => {
  const server = await startRedisServer();
  await server.kill("SIGSTOP");
  await server[Symbol.asyncDispose]();
  await assertRejects(() => ask(server, "PING"), Deno.errors.ConnectionRefused);
});

Deno.test("RedisServer restarts on the same port and folder, with another process", async () => {
  await using server = await startRedisServer({ appendonly: true });
  const { port, dir, pid } = server;
  assertEquals(await ask(server, "SET key kept"), "+OK");
  await server.kill("SIGKILL");
  await assertRejects(() => ask(server, "PING"), Deno.errors.ConnectionRefused);
  await server.restart();
  assertEquals([server.port, server.dir], [port, dir]);
  assertNotEquals(server.pid, pid);
  assertEquals(await ask(server, "GET key"), "$4\r\nkept");
  await server.restart();
  assertEquals(await ask(server, "GET key"), "$4\r\nkept");
});

Deno.test("RedisServer without appendonly forgets everything at a restart", async () => {
  await using server = await startRedisServer();
  assertEquals(await ask(server, "SET key lost"), "+OK");
  await server.restart();
  assertEquals(await ask(server, "GET key"), "$-1");
});

Deno.test("startRedisServer takes a port, a folder and arguments", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const port = freePort();
    const config = ["--maxmemory", "10mb"];
    const server = await startRedisServer({ port, dir, config });
    assertEquals(server.port, port);
    assertEquals(
      await ask(server, "CONFIG GET maxmemory"),
      "*2\r\n$9\r\nmaxmemory\r\n$8\r\n10485760",
    );
    await server[Symbol.asyncDispose]();
    assert(await exists(`${dir}/redis.log`), "a folder that was given is not removed");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("startRedisServer says why a server does not start", async () => {
  await using server = await startRedisServer();
  await assertRejects(() => startRedisServer({ port: server.port }), Error, "in use");
  const config = ["--no-such-option", "1"];
  await assertRejects(() => startRedisServer({ config }), Error, "Cannot start redis-server");
});
