/**
 * Rows in which the server keeps its data and is of no use for a while.
 *
 * @module
 */

import { startRedisServer } from "../../support/redis_server.ts";
import { closePlainClient, openPlainClient } from "../network/plain_client.ts";
import { tell } from "../../support/server_faults.ts";
import { BROKEN, QUIET, reconnected, refused, retried, type ServerRow } from "./row.ts";
import { OPERATOR, type ServerStage } from "./stage.ts";

const HOLD_MS = 1_500;

/** The server writes before it answers, so that a killed one has kept what it said. */
const ALWAYS = { appendonly: true, config: ["--appendfsync", "always"] } as const;

const BUSY = { ...ALWAYS, config: [...ALWAYS.config, "--busy-reply-threshold", "50"] } as const;

/** All rows. */
export const OUTAGES: readonly ServerRow[] = [
  {
    name: "killed, back with its file",
    server: ALWAYS,
    holdMs: HOLD_MS,
    begin: ({ server }) => server.kill("SIGKILL"),
    end: ({ server }) => server.start(),
    expected: reconnected(["LOADING"]),
  },
  {
    name: "stands still",
    holdMs: HOLD_MS,
    begin: ({ server }) => server.kill("SIGSTOP"),
    end: ({ server }) => server.kill("SIGCONT"),
    expected: QUIET,
  },
  {
    name: "stands still for longer than a deadline",
    holdMs: 6_000,
    begin: ({ server }) => server.kill("SIGSTOP"),
    end: ({ server }) => server.kill("SIGCONT"),
    expected: retried("ETIMEDOUT", BROKEN),
  },
  {
    name: "BUSY with a script that can be killed",
    server: BUSY,
    holdMs: HOLD_MS,
    begin: (stage) => busy(stage, "while true do end"),
    end: async ({ server }) => await tell(server, "SCRIPT KILL"),
    expected: retried("BUSY"),
  },
  {
    name: "BUSY with a script that cannot be killed",
    server: BUSY,
    holdMs: HOLD_MS,
    begin: (stage) => busy(stage, "redis.call('SET',KEYS[1],1) while true do end"),
    async end({ server }) {
      await tell(server, "SCRIPT KILL", "-UNKILLABLE");
      await server.kill("SIGKILL");
      await server.start();
    },
    expected: retried("BUSY", ["LOADING", ...BROKEN]),
  },
  {
    name: "OOM",
    holdMs: HOLD_MS,
    begin: ({ server }) => tell(server, "CONFIG SET maxmemory 1"),
    end: ({ server }) => tell(server, "CONFIG SET maxmemory 0"),
    isFrozen: true,
    expected: refused("OOM"),
  },
  {
    name: "MISCONF",
    server: { config: ["--enable-protected-configs", "yes"] },
    holdMs: HOLD_MS,
    async begin(stage) {
      const { server, admin } = stage;
      const gone = `${server.dir}/gone`;
      await Deno.mkdir(gone);
      await admin.config("SET", "dir", gone);
      await Deno.remove(gone);
      await admin.config("SET", "save", "3600 1");
      await admin.bgsave();
      await stage.until(async () =>
        (await admin.info("persistence")).includes("rdb_last_bgsave_status:err")
      );
    },
    end: ({ server }) => tell(server, "CONFIG SET stop-writes-on-bgsave-error no"),
    isFrozen: true,
    expected: refused("MISCONF"),
  },
  {
    name: "NOREPLICAS",
    holdMs: HOLD_MS,
    begin: ({ server }) => tell(server, "CONFIG SET min-replicas-to-write 1"),
    end: ({ server }) => tell(server, "CONFIG SET min-replicas-to-write 0"),
    isFrozen: true,
    expected: refused("NOREPLICAS"),
  },
  {
    name: "demoted for a while",
    holdMs: HOLD_MS,
    begin: ({ server }) => tell(server, "REPLICAOF 127.0.0.1 1"),
    end: ({ server }) => tell(server, "REPLICAOF NO ONE"),
    isFrozen: true,
    expected: refused("READONLY", ["UNBLOCKED", ...BROKEN]),
  },
  failover("failover, the old one READONLY", async ({ server }, heir) => {
    await tell(server, `REPLICAOF 127.0.0.1 ${heir}`);
  }),
  failover("failover, the old one killed", ({ server }) => server.kill("SIGKILL")),
  {
    name: "CLIENT PAUSE WRITE",
    holdMs: HOLD_MS,
    begin: ({ server }) => tell(server, `CLIENT PAUSE ${HOLD_MS} WRITE`),
    end: () => Promise.resolve(),
    expected: QUIET,
  },
  {
    name: "CLIENT PAUSE ALL",
    holdMs: HOLD_MS,
    begin: ({ server }) => tell(server, `CLIENT PAUSE ${HOLD_MS} ALL`),
    end: () => Promise.resolve(),
    expected: QUIET,
  },
  {
    name: "CLIENT KILL again and again",
    holdMs: HOLD_MS,
    begin: (stage) => {
      stage.repeat(100, () => tell(stage.server, "CLIENT KILL TYPE normal SKIPME yes", ":"));
      return Promise.resolve();
    },
    end: (stage) => stage.endRepeating(),
    expected: reconnected(),
  },
  {
    name: "maxclients",
    holdMs: HOLD_MS,
    async begin({ admin }) {
      await admin.config("SET", "maxclients", "1");
      await admin.client("KILL", "TYPE", "normal", "SKIPME", "yes");
    },
    end: async ({ admin }) => void await admin.config("SET", "maxclients", "10000"),
    expected: reconnected(["max number of clients reached"]),
  },
  {
    name: "SCRIPT FLUSH again and again",
    holdMs: HOLD_MS,
    begin: (stage) => {
      stage.repeat(20, () => tell(stage.server, "SCRIPT FLUSH"));
      return Promise.resolve();
    },
    end: (stage) => stage.endRepeating(),
    expected: QUIET,
  },
];

/** Keeps the server busy with a script, on a connection of its own that is gone with it. */
async function busy({ server, owned }: ServerStage, script: string): Promise<void> {
  const connection = owned.use(await connectTo(server.port));
  const command = `EVAL "${script}" 1 busy\r\n`;
  await connection.write(new TextEncoder().encode(command));
}

async function connectTo(port: number): Promise<Deno.TcpConn> {
  return await Deno.connect({ hostname: "127.0.0.1", port });
}

/** Waits until a replica has got what the service was seen to do. */
async function caughtUp(stage: ServerStage, url: string): Promise<void> {
  const replica = openPlainClient(url);
  try {
    const outputs = stage.layouts.map((layout) => layout.outputs);
    await stage.until(async () => await replica.exists(...outputs) === outputs.length);
  } finally {
    await closePlainClient(replica);
  }
}

/**
 * A replica takes over that had been cut off for a moment: what the old server said in that moment is gone (T18), and
 * the rest must be as if it had never been.
 */
function failover(
  name: string,
  retire: (stage: ServerStage, heirPort: number) => Promise<void>,
): ServerRow {
  const heirs = new WeakMap<ServerStage, Awaited<ReturnType<typeof startRedisServer>>>();
  return {
    name,
    // Otherwise a first replica waits five seconds for a second one.
    server: { config: ["--repl-diskless-sync-delay", "0"] },
    holdMs: HOLD_MS,
    async prepare(stage) {
      const heir = stage.owned.use(await startRedisServer({ config: [...OPERATOR] }));
      heirs.set(stage, heir);
      await tell(heir, `REPLICAOF 127.0.0.1 ${stage.server.port}`);
      await stage.until(async () =>
        (await stage.admin.info("replication")).includes("state=online")
      );
    },
    async begin(stage) {
      const heir = heirOf(stage);
      await caughtUp(stage, heir.url);
      await tell(heir, "REPLICAOF NO ONE");
      await new Promise((resolve) => setTimeout(resolve, 300));
      await retire(stage, heir.port);
    },
    async end(stage) {
      const heir = heirOf(stage);
      stage.lead(heir);
      await stage.hold();
      for (const publisher of stage.publishers) {
        const kept = await stage.admin.xrange(publisher.stream, "-", "+");
        publisher.keep(new Set(kept.map(([id]) => id)));
      }
      stage.go();
    },
    expected: reconnected(["READONLY", "UNBLOCKED", "MASTERDOWN", "LOADING"]),
  };

  function heirOf(stage: ServerStage) {
    const heir = heirs.get(stage);
    if (heir === undefined) throw new Error("Cannot fail over: there is no replica");
    return heir;
  }
}
