/**
 * Two real processes: one is followed by the other, is killed, and comes back under its name.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { isFrame } from "../../src/inspector/format.ts";
import { brokerSources } from "../../src/inspector/remote/broker_sources.ts";
import { decodeDesk } from "../../src/inspector/remote/desk_record.ts";
import { deskOf } from "../../src/inspector/remote/inspection_journals.ts";
import { eventually } from "../support/eventually.ts";
import { startRedisServer } from "../support/redis_server.ts";
import { Ear, HASTY, opened } from "./remote_rig.ts";

function start(place: string): Deno.ChildProcess {
  const script = new URL("./remote_process.ts", import.meta.url).href;
  const args = ["run", "--no-check", "-A", script, place, "lamps-1", "5"];
  return new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
}

/** Which life of the process is, or was last, there. */
async function lifeOf(broker: Broker): Promise<string | undefined> {
  const desk = await broker.loadJournal(deskOf("lamps-1"));
  return desk === null ? undefined : decodeDesk(desk.state)?.life;
}

async function killed(broker: Broker, place: string): Promise<void> {
  await using sources = brokerSources({ broker, clock: HASTY });
  const processes = [start(place)];
  try {
    const former = await opened(sources);
    await using ear = new Ear(former);
    await ear.hears(20);
    const life = await lifeOf(broker);
    processes[0]?.kill("SIGKILL");
    await eventually("the end is told", () => ear.hasEnded);
    const frames = ear.messages.filter(isFrame).map(({ seq }) => seq);
    const [first = 0] = frames;
    assertEquals(frames, Array.from(frames, (_, index) => first + index));
    assertEquals(await sources.list(), []);
    processes.push(start(place));
    await eventually("another life of it is there", async () => await lifeOf(broker) !== life);
    await using news = new Ear(await opened(sources));
    await news.hears(20);
    const [old, header] = [ear.messages[0], news.messages[0]];
    assert(old?.type === "header" && header?.type === "header");
    assert(header.startedAtMs > old.startedAtMs);
  } finally {
    for (const process of processes) {
      try {
        process.kill("SIGKILL");
      } catch {
        // It was killed already.
      }
      await process.status;
    }
  }
}

Deno.test("who follows a process that is killed is told its end, and sees it come back (SQLite file)", async () => {
  const dir = await Deno.makeTempDir({ prefix: "tidemark-" });
  try {
    const path = `${dir}/tidemark.db`;
    await using broker = await openSqliteBroker({ path });
    await killed(broker, path);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("who follows a process that is killed is told its end, and sees it come back (Redis)", async () => {
  await using server = await startRedisServer();
  await using broker = await openRedisBroker({ url: server.url });
  await killed(broker, server.url);
});
