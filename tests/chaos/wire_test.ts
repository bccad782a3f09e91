/**
 * The wire, with a server that notes what it gets: what is held has not arrived, what is delivered late arrives though
 * its sender is gone, what is dropped never does.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { COMMIT } from "../../src/brokers/redis/scripts/commit.lua.ts";
import { eventually } from "../support/eventually.ts";
import { Wire } from "./wire.ts";

const commit = `EVALSHA ${COMMIT.sha}\r\n`;

/** A server that answers whatever comes with `+OK`. */
class Listening implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #running = this.#accept();
  /** All that came. */
  heard = "";
  /** How many connections have ended. */
  ended = 0;

  get port(): number {
    return this.#listener.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#running;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    for await (const connection of this.#listener) serving.push(this.#serve(connection));
    await Promise.all(serving);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(1_024);
    for (;;) {
      const size = await connection.read(buffer).catch(() => null);
      if (size === null) break;
      this.heard += new TextDecoder().decode(buffer.subarray(0, size));
      await connection.write(new TextEncoder().encode("+OK\r\n")).catch(() => {});
    }
    connection.close();
    this.ended++;
  }
}

function connectTo(wire: Wire): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: wire.port });
}

async function send(connection: Deno.TcpConn, text: string): Promise<void> {
  await connection.write(new TextEncoder().encode(text));
}

async function hear(connection: Deno.TcpConn): Promise<string | null> {
  const buffer = new Uint8Array(1_024);
  const size = await connection.read(buffer).catch(() => null);
  return size === null ? null : new TextDecoder().decode(buffer.subarray(0, size));
}

Deno.test("Wire passes everything on, and holds a commit until it is told to deliver it", async () => {
  await using server = new Listening();
  await using wire = new Wire(server.port);
  using worker = await connectTo(wire);
  const trap = wire.hold("request");
  await send(worker, "PING\r\n");
  assertEquals(await hear(worker), "+OK\r\n");
  await send(worker, commit);
  assertEquals([await trap.caught, server.heard], [true, "PING\r\n"]);
  trap.release("deliver");
  assertEquals([await hear(worker), server.heard], ["+OK\r\n", `PING\r\n${commit}`]);
  await trap.answered;
});

Deno.test("Wire delivers what a worker sent that is gone by now, once the trap says so", async () => {
  await using server = new Listening();
  await using wire = new Wire(server.port);
  const worker = await connectTo(wire);
  const trap = wire.hold("request");
  await send(worker, commit);
  await trap.caught;
  worker.close();
  wire.retire();
  assertEquals([server.heard, server.ended], ["", 0]);
  trap.release("deliver");
  await trap.answered;
  assertEquals(server.heard, commit);
  await eventually("the wire ends", () => server.ended === 1);
});

Deno.test("Wire drops what it is told to drop, and both sides see the end", async () => {
  await using server = new Listening();
  await using wire = new Wire(server.port);
  using worker = await connectTo(wire);
  const trap = wire.hold("request");
  await send(worker, commit);
  await trap.caught;
  trap.release("drop");
  assertEquals(await hear(worker), null);
  await eventually("the wire ends", () => server.ended === 1);
  assertEquals(server.heard, "");
});

Deno.test("Wire holds the answer to a commit that the server has", async () => {
  await using server = new Listening();
  await using wire = new Wire(server.port);
  using worker = await connectTo(wire);
  const trap = wire.hold("answer");
  await send(worker, commit);
  assertEquals([await trap.caught, server.heard], [true, commit]);
  let answer: string | null = "none";
  const hearing = hear(worker).then((heard) => answer = heard);
  using other = await connectTo(wire);
  await send(other, "PING\r\n");
  assertEquals([await hear(other), answer], ["+OK\r\n", "none"]);
  trap.release("deliver");
  assertEquals(await hearing, "+OK\r\n");
});

Deno.test("Wire tells a trap that nothing will come any more", async () => {
  await using server = new Listening();
  await using wire = new Wire(server.port);
  const before = wire.hold("request");
  wire.retire();
  const after = wire.hold("answer");
  assertEquals([await before.caught, await after.caught], [false, false]);
});
