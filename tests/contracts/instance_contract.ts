/**
 * The contract of processes that announce themselves.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { Broker } from "../../src/ports/broker.ts";
import { ANNOUNCEMENT_BYTES_MAX } from "../../src/ports/instance_store.ts";
import { eventually } from "../support/eventually.ts";
import { type Fact, join, thrownBy } from "./contract.ts";

/** Long enough for any test. */
const LONG_MS = 60_000;

/** What is announced, as `name text`. */
async function announced(broker: Broker): Promise<string[]> {
  return (await broker.listInstances()).map(({ instance, text }) => `${instance} ${text}`);
}

/** JSON of exactly so many bytes, of characters of three bytes where it can. */
function jsonOf(bytes: number): string {
  const room = bytes - 2;
  return `"${"水".repeat(Math.floor(room / 3))}${"x".repeat(room % 3)}"`;
}

/**
 * Announcements of the largest size come back whole, however many. A story of its own: the Redis client's parser shrinks
 * its buffer by a timer that outlives the test, so it must be the last one of its file there.
 */
export async function listLargeAnnouncements(broker: Broker): Promise<void> {
  const text = jsonOf(ANNOUNCEMENT_BYTES_MAX);
  const names = Array.from({ length: 20 }, (_, index) => `web-${10 + index}`);
  for (const name of names) await broker.announce(name, text, LONG_MS);
  const listed = await broker.listInstances();
  assertEquals(listed.map(({ instance }) => instance), names);
  assert(listed.every((each) => each.text === text), "a text was changed");
}

/** Defines the tests. */
export function testInstances(fact: Fact): void {
  fact("listInstances tells who announced itself, what, and how long ago", async (broker) => {
    assertEquals(await broker.listInstances(), []);
    await broker.announce("web-2", '{"a":1}', LONG_MS);
    await broker.announce("web-1", '{"b":"\\n☂"}', LONG_MS);
    const listed = await broker.listInstances();
    assertEquals(
      listed.map(({ ageMs, ...rest }) => ({ ...rest, young: ageMs >= 0 && ageMs < 15_000 })),
      [
        { instance: "web-1", text: '{"b":"\\n☂"}', young: true },
        { instance: "web-2", text: '{"a":1}', young: true },
      ],
    );
    await eventually("an announcement grows older", async () => {
      const ages = (await broker.listInstances()).map(({ ageMs }) => ageMs);
      return ages.length === 2 && ages.every((ageMs) => ageMs >= 10);
    });
  });

  fact("announce replaces what the same process said before", async (broker) => {
    await broker.announce("web", "1", LONG_MS);
    await broker.announce("web", "2", LONG_MS);
    await broker.announce("web", "2", LONG_MS);
    assertEquals(await announced(broker), ["web 2"]);
  });

  fact("withdraw takes back one announcement, and can be repeated", async (broker) => {
    await broker.announce("web-1", "1", LONG_MS);
    await broker.announce("web-2", "2", LONG_MS);
    await broker.withdraw("web-1");
    await broker.withdraw("web-1");
    await broker.withdraw("absent");
    assertEquals(await announced(broker), ["web-2 2"]);
    await broker.announce("web-1", "3", LONG_MS);
    assertEquals(await announced(broker), ["web-1 3", "web-2 2"]);
  });

  fact("an announcement that is not renewed vanishes, a renewed one stays", async (broker) => {
    await broker.announce("dead", "1", 40);
    await broker.announce("short", "1", 40);
    await broker.announce("short", "1", LONG_MS);
    await broker.announce("long", "1", LONG_MS);
    await eventually("the lease is over", async () => (await announced(broker)).length === 2);
    assertEquals(await announced(broker), ["long 1", "short 1"]);
    await broker.announce("dead", "2", LONG_MS);
    assertEquals(await announced(broker), ["dead 2", "long 1", "short 1"]);
  });

  fact("announce takes names that mean something elsewhere", async (broker) => {
    const names = [
      ...["__proto__", "constructor", "-inf", "(1", "*", "0", "a b", "a:b:c", "{x}y{z}"],
      ...[
        "tidemark:released",
        "x'; DROP TABLE tidemark_instances; --",
        "n".repeat(256),
        "水".repeat(85),
      ],
    ];
    for (const name of names) await broker.announce(name, JSON.stringify(name), LONG_MS);
    const listed = await broker.listInstances();
    assertEquals(
      listed.map(({ instance, text }) => [instance, JSON.parse(text)]),
      names.toSorted().map((name) => [name, name]),
    );
    for (const name of names) await broker.withdraw(name);
    assertEquals(await broker.listInstances(), []);
  });

  fact("announce refuses what cannot be, and keeps nothing of it", async (broker) => {
    const thrown = await thrownBy(
      () => broker.announce("", "1", LONG_MS),
      () => broker.announce("a\nb", "1", LONG_MS),
      () => broker.announce("水".repeat(86), "1", LONG_MS),
      () => broker.withdraw(" "),
      () => broker.announce("web", "", LONG_MS),
      () => broker.announce("web", "{a:1}", LONG_MS),
      () => broker.announce("web", '"\ud800"', LONG_MS),
      () => broker.announce("web", jsonOf(ANNOUNCEMENT_BYTES_MAX + 1), LONG_MS),
      () => broker.announce("web", "1", 0),
      () => broker.announce("web", "1", 1.5),
      () => broker.announce("web", "1", NaN),
      () => broker.announce("web", "1", 86_400_001),
    );
    assertEquals(thrown, [
      ...Array(4).fill("InvalidNameError"),
      ...Array(8).fill("InvalidOptionError"),
    ]);
    assertEquals(await broker.listInstances(), []);
  });

  fact("a thousand processes are listed in order", async (broker) => {
    const names = Array.from({ length: 1_000 }, (_, index) => `web-${1_000 + index}`);
    await Promise.all(
      names.toReversed().map((name) => broker.announce(name, `"${name}"`, LONG_MS)),
    );
    assertEquals(await announced(broker), names.map((name) => `${name} "${name}"`));
  });

  fact("announcements belong to no stream, and outlast every stream", async (broker) => {
    await broker.announce("web", "1", LONG_MS);
    assertEquals(await broker.listStreams(), []);
    await join(broker, "ann");
    await broker.deleteStream("orders");
    assertEquals([await announced(broker), await broker.listStreams()], [["web 1"], []]);
  });
}
