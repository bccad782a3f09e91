/**
 * The processes that the scenarios of start measure: that they tell when they handle and commit, and why they cannot.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { fill } from "../growth/fill.ts";
import { openPlace } from "../growth/place.ts";
import { openCaches } from "./caches.ts";
import { firstEventMs } from "./first_event.ts";
import { writeEventByHand } from "./starting_files.ts";
import { nowMs, startWorker, untilTold } from "./worker_process.ts";

const { signal } = new AbortController();

function fileOf(name: string): string {
  return new URL(name, import.meta.url).href;
}

Deno.test("firstEventMs waits for the event, and tells why a program ended without one", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-start-" });
  try {
    const path = `${folder}/events.db`;
    writeEventByHand(path);
    const may = [`--allow-read=${folder}`, `--allow-write=${folder}`];
    const args = [...may, fileOf("by_hand_sqlite.ts"), path];
    const startMs = performance.now();
    const tookMs = await firstEventMs({ args, cache: null, signal });
    assert(tookMs > 0 && tookMs <= performance.now() - startMs, `${tookMs}`);
    // It was ended at its first event; once the program has run to its end, there is none left.
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", ...args],
      stdout: "null",
    }).output();
    assert(success);
    await assertRejects(
      () => firstEventMs({ args, cache: null, signal }),
      Error,
      "A program ended before its first event",
    );
    await assertRejects(
      () => firstEventMs({ args: args.slice(2), cache: null, signal }),
      Error,
      "NotCapable",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("firstEventMs starts nothing when it is told to end", async () => {
  const ended = AbortSignal.abort(new Error("enough"));
  const program = { args: [fileOf("empty.ts")], cache: null, signal: ended };
  await assertRejects(() => firstEventMs(program), Error, "enough");
});

Deno.test("openCaches keeps everything, packages, or nothing from one start to the next", async () => {
  await using caches = await openCaches();
  const left = [];
  for (const state of ["warm", "packages only", "empty"] as const) {
    const folder = await caches.directoryFor(state);
    for (const name of ["npm", "gen"]) {
      await Deno.mkdir(`${folder}/${name}/package`, { recursive: true });
    }
    assertEquals(await caches.directoryFor(state), folder);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    left.push([state, names]);
  }
  assertEquals(left, [["warm", ["gen", "npm"]], ["packages only", ["npm"]], ["empty", []]]);
});

Deno.test("startWorker gives a process that holds entries, and one that goes on under its name", async () => {
  await using place = await openPlace("sqlite");
  const { url, folder, connection } = place;
  await fill({ broker: connection, stream: "s" }, { events: 5, payloadBytes: 10, signal });
  const settings = { url, stream: "s", consumer: "one", leaseMs: 60_000, count: 5 };
  {
    await using holder = startWorker({ ...settings, handler: "hold" }, { folder, signal });
    await untilTold(holder, "handling");
    const [group] = await connection.listGroups("s");
    assertEquals([group?.pendingCount, group?.lag], [5, 0]);
  }
  const killedMs = nowMs();
  await using heir = startWorker({ ...settings, handler: 0 }, { folder, signal });
  const joinedMs = await untilTold(heir, "joined");
  const committedMs = await untilTold(heir, "committed", { sinceMs: killedMs });
  assert(killedMs < joinedMs && committedMs <= nowMs());
  const [group] = await connection.listGroups("s");
  assert((group?.pendingCount ?? NaN) < 5, `${group?.pendingCount}`);
});
