/**
 * Empties a Redis server of a test.
 *
 * @module
 */

/** Sends FLUSHALL. @param port Of the server on 127.0.0.1. */
export async function flushRedis(port: number): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode("FLUSHALL SYNC\r\n"));
  const answer = new Uint8Array(64);
  const size = await connection.read(answer);
  const text = new TextDecoder().decode(answer.subarray(0, size ?? 0));
  if (text !== "+OK\r\n") throw new Error(`Cannot empty the Redis server: it answered ${text}`);
}
