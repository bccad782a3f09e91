/**
 * Rows in which somebody takes away or moves what the service builds on: data, groups, positions, clocks.
 *
 * @module
 */

import { connectCheckpointStore } from "../../../mod.ts";
import { startRedisServer } from "../../support/redis_server.ts";
import { tell } from "../../support/server_faults.ts";
import type { Orchestrator } from "../../../src/orchestrator/orchestrator.ts";
import { idOf, sourceEntryOf } from "../moment.ts";
import { pause } from "../network/carriage.ts";
import type { Layout } from "../network/layout.ts";
import { BROKEN, QUIET, type ServerRow } from "./row.ts";
import type { ServerStage } from "./stage.ts";

const HOLD_MS = 1_500;

/** So long the streams grow while nobody reads, in ms. */
const LAG_MS = 400;

/** So many entries are left by a trim. */
const LEFT = 5;

const HOUR_MS = 3_600_000;

const REPLACED = { ...QUIET, classes: ["retry"], reports: ["streamReplaced"] } as const;

/** All rows. */
export const LOSSES: readonly ServerRow[] = [
  {
    name: "killed, back without its data",
    holdMs: HOLD_MS,
    async begin(stage) {
      await stage.hold();
      await stage.server.kill("SIGKILL");
      forget(stage);
    },
    async end(stage) {
      await stage.server.start();
      stage.go();
    },
    expected: { ...REPLACED, reasons: ["GROUP_MISSING", ...BROKEN] },
  },
  {
    name: "FLUSHALL",
    holdMs: HOLD_MS,
    begin: (stage) => emptied(stage, async () => await tell(stage.server, "FLUSHALL")),
    end: () => Promise.resolve(),
    expected: { ...REPLACED, reasons: ["GROUP_MISSING"] },
  },
  {
    name: "DEL of the stream, policy stop",
    holdMs: HOLD_MS,
    begin: (stage) => emptied(stage, async () => void await stage.admin.del(stage.first.source)),
    async end({ direct, first: { source, group } }) {
      await direct.resetGroup(source, group, "beginning", { force: true });
    },
    expected: {
      ...QUIET,
      classes: ["give up"],
      tells: "STREAM_REPLACED",
      reasons: ["GROUP_MISSING", "STREAM_REPLACED"],
    },
  },
  {
    name: "DEL of the stream, policy resetToStart",
    plan: () => ({ onCheckpointLost: "resetToStart" }),
    holdMs: HOLD_MS,
    begin: (stage) => emptied(stage, async () => void await stage.admin.del(stage.first.source)),
    end: () => Promise.resolve(),
    expected: {
      ...QUIET,
      classes: ["retry"],
      reasons: ["GROUP_MISSING"],
      reports: ["checkpointReset"],
    },
  },
  {
    name: "XGROUP DESTROY",
    holdMs: HOLD_MS,
    begin: async ({ admin, first }) =>
      void await admin.xgroup("DESTROY", first.source, first.group),
    end: () => Promise.resolve(),
    expected: {
      ...QUIET,
      classes: ["retry"],
      reasons: ["GROUP_MISSING"],
      reports: ["groupRecreated"],
    },
  },
  {
    name: "XGROUP SETID back to the beginning",
    holdMs: HOLD_MS,
    begin: async ({ admin, layouts }) => {
      for (const { source, group } of layouts) await admin.xgroup("SETID", source, group, "0");
    },
    end: () => Promise.resolve(),
    expected: { ...QUIET, classes: ["transparent", "retry"], reasons: [] },
  },
  {
    name: "XGROUP SETID forward to the end",
    holdMs: HOLD_MS,
    async begin(stage) {
      await lagging(stage, async () => {
        const { admin, first } = stage;
        stage.skipped = await unreadIds(stage, first);
        await admin.xgroup("SETID", first.source, first.group, "$");
      });
    },
    end: () => Promise.resolve(),
    expected: { ...QUIET, losses: "told" },
  },
  {
    name: "XGROUP DELCONSUMER of a working consumer",
    holdMs: HOLD_MS,
    async begin(stage) {
      // Redis answers how many pending entries are gone with the consumer (T12); those, and no others, may be lost.
      for (const { source, group } of stage.layouts) {
        const replies = await stage.admin.multi()
          .xpending(source, group, "-", "+", 1_000, "one")
          .xgroup("DELCONSUMER", source, group, "one")
          .exec();
        const rows = replies?.[0]?.[1];
        const ids = Array.isArray(rows) ? rows.map((row) => String(row[0])) : [];
        stage.skipped = [...stage.skipped, ...ids];
      }
    },
    end: () => Promise.resolve(),
    expected: { ...QUIET, losses: "told" },
  },
  {
    name: "trim under a lagging group that is started again",
    holdMs: HOLD_MS,
    async begin(stage) {
      await quiet(stage, (orchestrator) => orchestrator.drain());
      await grown(stage);
      for (const { source } of stage.layouts) await stage.admin.xtrim(source, "MAXLEN", LEFT);
      stage.go();
      for (const { orchestrator } of stage.processes) orchestrator.restart();
    },
    end: () => Promise.resolve(),
    expected: { ...QUIET, reports: ["dataLoss"], losses: "reported" },
  },
  {
    // A working consumer reads on behind the gap, and looks every 2 s for what it has jumped over.
    name: "trim under a lagging group that works",
    holdMs: 2 * HOLD_MS,
    begin: (stage) =>
      lagging(stage, async () => {
        for (const { source } of stage.layouts) await stage.admin.xtrim(source, "MAXLEN", LEFT);
      }),
    end: () => Promise.resolve(),
    expected: { ...QUIET, reports: ["dataLoss"], losses: "reported" },
  },
  {
    name: "XDEL of pending entries",
    holdMs: HOLD_MS,
    begin: (stage) =>
      lagging(stage, async () => {
        for (const { source, group } of stage.layouts) {
          const { admin } = stage;
          const reply = await admin.xreadgroup(
            ...["GROUP", group, "ghost"] as const,
            ...["COUNT", LEFT] as const,
            ...["STREAMS", source, ">"] as const,
          );
          const ids = (await admin.xpending(source, group, "-", "+", LEFT, "ghost"))
            .map((row) => String(Array.isArray(row) ? row[0] : ""));
          if (reply === null || ids.length !== LEFT) throw new Error("The ghost got nothing");
          await admin.xdel(source, ...ids);
        }
      }),
    end: () => Promise.resolve(),
    expected: { ...QUIET, reports: ["dataLoss"], losses: "reported" },
  },
  {
    name: "an id of the future",
    holdMs: HOLD_MS,
    async begin({ admin, publishers }) {
      for (const publisher of publishers) {
        const id = `${Date.now() + HOUR_MS}-7`;
        const payload = JSON.stringify({ number: 0, handleMs: 0 });
        const fields = ["event_type", "chaos.numbered", "payload", payload, "key", "future"];
        await admin.xadd(publisher.stream, id, ...fields);
        publisher.adopt(sourceEntryOf(idOf(id), fields));
      }
    },
    end: () => Promise.resolve(),
    expected: QUIET,
  },
  jump("the service's clock jumps ahead by an hour", HOUR_MS),
  jump("the service's clock jumps back by an hour", -HOUR_MS),
  storeDown(),
];

function forget(stage: ServerStage): void {
  for (const publisher of stage.publishers) publisher.forget();
}

/** Takes everything away at a moment when nothing is being published, so that what is lost is known exactly. */
async function emptied(stage: ServerStage, act: () => Promise<void>): Promise<void> {
  await stage.hold();
  await act();
  for (const publisher of stage.publishers) {
    if (await stage.admin.exists(publisher.stream) === 0) publisher.forget();
  }
  stage.go();
}

/** Lets entries pile up that nobody reads, and then does something. */
async function lagging(stage: ServerStage, act: () => Promise<void>): Promise<void> {
  await quiet(stage, (orchestrator) => orchestrator.pause());
  await grown(stage);
  await act();
  stage.go();
  for (const { orchestrator } of stage.processes) orchestrator.resume();
}

/** Lets everything be finished, and then nobody read any more. */
async function quiet(
  stage: ServerStage,
  end: (orchestrator: Orchestrator) => void,
): Promise<void> {
  await stage.hold();
  await stage.until(async () => {
    const { admin, layouts } = stage;
    const groups = await Promise.all(layouts.map(({ source }) => admin.xinfo("GROUPS", source)));
    const text = JSON.stringify(groups);
    return text.includes('"lag",0') && !/"pending",[1-9]|"lag",([1-9]|null)/.test(text);
  });
  for (const { orchestrator } of stage.processes) end(orchestrator);
  await stage.until(() =>
    stage.processes.every(({ orchestrator }) =>
      orchestrator.facts().every(({ state }) => state === "paused" || state === "stopped")
    )
  );
}

/** Publishes for a while, and then holds. */
async function grown(stage: ServerStage): Promise<void> {
  stage.go();
  await pause(LAG_MS);
  await stage.hold();
}

/** What the group of a stream has not been given. */
async function unreadIds(
  { admin }: ServerStage,
  { source }: Layout,
): Promise<string[]> {
  const groups = await admin.xinfo("GROUPS", source);
  const facts = Array.isArray(groups) && Array.isArray(groups[0]) ? groups[0] : [];
  const last = String(facts[facts.indexOf("last-delivered-id") + 1]);
  return (await admin.xrange(source, `(${last}`, "+")).map(([id]) => id);
}

function jump(name: string, offsetMs: number): ServerRow {
  return {
    name,
    holdMs: HOLD_MS,
    begin({ clock }) {
      clock.offsetMs = offsetMs;
      return Promise.resolve();
    },
    end({ clock }) {
      clock.offsetMs = 0;
      return Promise.resolve();
    },
    expected: QUIET,
  };
}

/** Acknowledgements go on while the separate store is down, and it is up to date afterwards. */
function storeDown(): ServerRow {
  return {
    name: "the separate checkpoint store is down",
    async prepare(stage) {
      const server = stage.owned.use(await startRedisServer());
      const store = stage.owned.use(await connectCheckpointStore(server.url));
      stage.mirror = { server, store };
    },
    plan: ({ mirror }) => ({ checkpointStore: mirror?.store ?? null }),
    holdMs: 2_500,
    begin: async ({ mirror }) => await mirror?.server.kill("SIGKILL"),
    async end(stage) {
      await stage.mirror?.server.start();
      await stage.until(() =>
        stage.processes.every(({ reports }) =>
          reports.some(({ report }) => report.kind === "checkpointStoreUp")
        )
      );
    },
    expected: { ...QUIET, reports: ["checkpointStoreDown", "checkpointStoreUp"] },
  };
}
