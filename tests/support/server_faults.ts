/**
 * What can happen to a Redis server and its network: each fault begins and ends on command.
 *
 * @module
 */

import type { CountingProxy } from "./counting_proxy.ts";
import type { RedisServer } from "./redis_server.ts";

/** Where a fault strikes. */
export interface Struck {
  readonly server: RedisServer;
  /** Between the service and the server. */
  readonly proxy: CountingProxy;
}

/** One fault. */
export interface ServerFault {
  /** What happens, in a few words. */
  readonly name: string;
  readonly begin: (where: Struck) => Promise<void>;
  readonly end: (where: Struck) => Promise<void>;
}

/** A port on which nobody listens: it takes a privilege to listen there. */
const DEAD_PORT = 1;

/** The process is killed, and started again with its append-only file. */
export const killed: ServerFault = {
  name: "killed",
  begin: ({ server }) => server.kill("SIGKILL"),
  end: ({ server }) => server.start(),
};

/** The process stands still: connections are open and nothing answers. */
export const paused: ServerFault = {
  name: "paused",
  begin: ({ server }) => server.kill("SIGSTOP"),
  end: ({ server }) => server.kill("SIGCONT"),
};

/** The memory is used up: what needs more is refused. */
export const full: ServerFault = {
  name: "full",
  begin: ({ server }) => tell(server, "CONFIG SET maxmemory 1"),
  end: ({ server }) => tell(server, "CONFIG SET maxmemory 0"),
};

/** It became the replica of a server that is not there: every write is refused. */
export const demoted: ServerFault = {
  name: "read-only",
  begin: ({ server }) => tell(server, `REPLICAOF 127.0.0.1 ${DEAD_PORT}`),
  end: ({ server }) => tell(server, "REPLICAOF NO ONE"),
};

/** It wants replicas and has none: every write is refused. */
export const lonely: ServerFault = {
  name: "without replicas",
  begin: ({ server }) => tell(server, "CONFIG SET min-replicas-to-write 1"),
  end: ({ server }) => tell(server, "CONFIG SET min-replicas-to-write 0"),
};

/** The network refuses every connection. */
export const unreachable: ServerFault = {
  name: "network refuses",
  begin: ({ proxy }) => Promise.resolve(proxy.refuse()),
  end: ({ proxy }) => Promise.resolve(proxy.recover()),
};

/** The network takes everything and passes on nothing. */
export const silent: ServerFault = {
  name: "network silent",
  begin: ({ proxy }) => Promise.resolve(proxy.goSilent()),
  end: ({ proxy }) => Promise.resolve(proxy.recover()),
};

/** All faults that keep the data. */
export const SERVER_FAULTS: readonly ServerFault[] = [
  killed,
  paused,
  full,
  demoted,
  lonely,
  unreachable,
  silent,
];

/** Empties the server, which loses all that it held. */
export async function flush(server: RedisServer): Promise<void> {
  await tell(server, "FLUSHALL");
}

/** Says one thing to the server, on a connection of its own. @throws When it does not answer as `wanted`, OK by default. */
export async function tell(server: RedisServer, words: string, wanted = "+OK"): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await connection.write(new TextEncoder().encode(`${words}\r\n`));
  const buffer = new Uint8Array(1_024);
  const size = await connection.read(buffer) ?? 0;
  const answer = new TextDecoder().decode(buffer.subarray(0, size));
  if (!answer.startsWith(wanted)) {
    throw new Error(`Cannot tell Redis "${words}": it said ${answer}`);
  }
}
