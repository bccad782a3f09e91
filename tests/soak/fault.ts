/**
 * What can happen to a service during a soak.
 *
 * @module
 */

import { flush, SERVER_FAULTS } from "../support/server_faults.ts";
import type { CountingProxy } from "../support/counting_proxy.ts";
import type { RedisServer } from "../support/redis_server.ts";
import type { Books } from "./books.ts";
import { Child } from "./child.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";

/** One fault. */
export interface Fault {
  /** What happens, in a few words. */
  readonly name: string;
  /** Whom it strikes. While the broker is struck, the service must not knock too hard. */
  readonly strikes: "broker" | "service";
  /** It ends the process whose growth is watched, so it comes only before the watching begins. */
  readonly isEarly: boolean;
  readonly begin: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Whom faults can strike. */
export interface Stage {
  readonly service: Service;
  readonly publisher: Publisher;
  readonly books: Books;
}

/** The faults of a service on Redis. */
export function redisFaults(
  stage: Stage,
  where: { readonly server: RedisServer; readonly proxy: CountingProxy },
): Fault[] {
  const { publisher, books } = stage;
  return [
    ...SERVER_FAULTS.map(({ name, begin, end }): Fault => ({
      name: name.startsWith("network") ? name : `Redis ${name}`,
      strikes: "broker",
      isEarly: false,
      begin: () => begin(where),
      end: () => end(where),
    })),
    {
      name: "Redis emptied",
      strikes: "broker",
      isEarly: false,
      async begin() {
        // What is lost with the data must be known exactly: everything before, and nothing after.
        await publisher.hold();
        await flush(where.server);
        books.forgive();
        publisher.go();
      },
      end: () => Promise.resolve(),
    },
    ...serviceFaults(stage),
  ];
}

/** The faults of a service on a SQLite file. */
export function sqliteFaults(stage: Stage, path: string): Fault[] {
  let locker: Child | null = null;
  return [
    {
      name: "file locked",
      strikes: "broker",
      isEarly: false,
      async begin() {
        const locked = Promise.withResolvers<void>();
        const program = new URL("locker_program.ts", import.meta.url).pathname;
        const folder = path.slice(0, path.lastIndexOf("/"));
        locker = new Child({
          args: [
            "run",
            "--no-prompt",
            `--allow-read=${folder}`,
            `--allow-write=${folder}`,
            program,
            path,
          ],
          onLine: () => locked.resolve(),
          onErrorLine: (line) => locked.reject(new Error(line)),
        });
        await locked.promise;
      },
      async end() {
        await locker?.[Symbol.asyncDispose]();
      },
    },
    ...serviceFaults(stage),
  ];
}

function serviceFaults({ service }: Stage): Fault[] {
  return [
    {
      name: "service stopped",
      strikes: "service",
      isEarly: false,
      begin: () => Promise.resolve(service.signal("SIGSTOP")),
      end: () => Promise.resolve(service.signal("SIGCONT")),
    },
    {
      name: "service killed",
      strikes: "service",
      isEarly: true,
      begin: () => service.kill(),
      end: () => Promise.resolve(service.start()),
    },
  ];
}
