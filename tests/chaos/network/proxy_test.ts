/**
 * Every fault of the proxy does what its name says: a fault that does nothing proves nothing.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { startRedisServer } from "../../support/redis_server.ts";
import { Seeded } from "../seeded.ts";
import { pause } from "./carriage.ts";
import { type FaultName, FAULTS } from "./fault.ts";
import { POINTS } from "./point.ts";
import { FaultProxy } from "./proxy.ts";

/** What a client sees: how much of the reply came, how the connection ended, and whether the server was asked. */
type Sight = readonly [reply: "whole" | "half" | "none", end: "open" | "closed" | "reset"];

/** Shorter than the late ones, longer than all others. */
const LOOK_MS = 1_000;

const WANTED: Readonly<Record<FaultName, Sight>> = {
  delay: ["whole", "open"],
  late: ["none", "open"],
  jitter: ["whole", "open"],
  slow: ["whole", "open"],
  cut: ["none", "closed"],
  "cut half": ["half", "closed"],
  "half-open": ["none", "open"],
  refuse: ["none", "closed"],
  reset: ["none", "reset"],
  unanswered: ["none", "open"],
  "unanswered, cut": ["none", "closed"],
};

/** Nothing on the stream "s" answers at once, with a null array. */
const READ = "*4\r\n$5\r\nXREAD\r\n$7\r\nSTREAMS\r\n$1\r\ns\r\n$1\r\n0\r\n";
const REPLY_LENGTH = "*-1\r\n".length;

Deno.test("FaultProxy does to a reply what the name of the fault says", async () => {
  await using server = await startRedisServer();
  const point = POINTS.find(({ name }) => name === "read reply");
  if (point === undefined) throw new Error("there is no such point");
  const seen = await Promise.all(FAULTS.map(async (fault): Promise<[FaultName, Sight, number]> => {
    const pace = { lateMs: 2 * LOOK_MS, random: new Seeded(1) };
    await using proxy = await FaultProxy.start(server.port, pace);
    await proxy.arm({ fault, point, times: 1 });
    const sight = await look(proxy.port);
    return [fault.name, sight, proxy.strikes];
  }));
  assertEquals(seen, FAULTS.map(({ name }) => [name, WANTED[name], 1]));
});

Deno.test("FaultProxy refuses as the system does, and lets in again", async () => {
  await using server = await startRedisServer();
  await using proxy = await FaultProxy.start(server.port, { lateMs: 0, random: new Seeded(1) });
  const fault = FAULTS.find(({ name }) => name === "refuse");
  const [point] = POINTS;
  if (fault === undefined || point === undefined) throw new Error("there is no such fault");
  await proxy.arm({ fault, point, times: 1 });
  const refused = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port })
    .then((connection) => connection.close(), (error) => error.name);
  await proxy.disarm();
  assertEquals([refused, await look(proxy.port)], ["ConnectionRefused", ["whole", "open"]]);
});

/** Asks once, and looks for a while at what comes. */
async function look(port: number): Promise<Sight> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(READ));
  let length = 0;
  let end: Sight[1] = "open";
  const reading = (async () => {
    const buffer = new Uint8Array(64);
    try {
      for (;;) {
        const size = await connection.read(buffer);
        if (size === null) break;
        length += size;
      }
      end = "closed";
    } catch (error) {
      end = error instanceof Deno.errors.ConnectionReset ? "reset" : end;
    }
  })();
  await Promise.race([reading, pause(LOOK_MS)]);
  const sight: Sight = [length === REPLY_LENGTH ? "whole" : length > 0 ? "half" : "none", end];
  connection.close();
  await reading;
  return sight;
}
