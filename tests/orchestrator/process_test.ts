/**
 * How a service ends as a process: in every state, by SIGTERM, SIGINT or by itself; its exit code, its last words, and
 * how long it takes. All of them run side by side.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Redis } from "ioredis";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { StreamProducer } from "../../src/producer/stream_producer.ts";
import { LATE_MS } from "../support/loaded_machine.ts";
import { type RedisServer, startRedisServer } from "../support/redis_server.ts";
import { ServiceProcess } from "../support/service_process.ts";

const GRACE_MS = 500;

const LONG_MS = 300;

const HANDLERS = {
  quick: `export default () => {};`,
  long: `export default async (event, context) => {
    console.log("begun");
    await new Promise((resolve) => setTimeout(resolve, ${LONG_MS}));
    context.publish("results", { type: "result", data: event.data });
  };`,
  endless: `export default () => {
    console.log("begun");
    return new Promise(() => {});
  };`,
  never: `console.log("begun");
    await new Promise(() => setInterval(() => {}, 1_000));
    export default () => {};`,
  leavesInterval: `setInterval(() => {}, 1_000);
    export default () => {};`,
  forgetsAwait: `export default () => {
      Promise.reject(new Error("late \\u001b[31m\\nerror"));
    };`,
  throwsLater: `export default async () => {
      setTimeout(() => { throw "late" }, 1);
      await new Promise((resolve) => setTimeout(resolve, 50));
    };`,
  exits: `export default () => Deno.exit(0);`,
} as const;

/** A state of a service, and how it is ended. */
interface Scenario {
  readonly name: string;
  readonly handler?: keyof typeof HANDLERS;
  readonly graceMs?: number;
  /** More of the configuration. */
  readonly sections?: string;
  /** More consumers. */
  readonly more?: string;
  /** Before it starts. */
  readonly prepare?: (server: RedisServer) => Promise<void>;
  /** Brings it into its state, from when its consumer reads or its server is down. */
  readonly reach: (service: ServiceProcess, server: RedisServer) => Promise<void>;
  /** What it is sent; nothing for one that ends by itself. */
  readonly signals: readonly Deno.Signal[];
  readonly code: number;
  /** It says so at the end. */
  readonly lastWords: string;
  /** It ends within so many ms. */
  readonly tookMsMax: number;
}

async function withClient(server: RedisServer, work: (client: Redis) => Promise<unknown>) {
  const client = new Redis(server.url);
  try {
    await work(client);
  } finally {
    client.disconnect();
  }
}

/** The default user may use no key of this stream: its consumer is refused, and restarted. */
function refuse(stream: string): (server: RedisServer) => Promise<void> {
  return (server) =>
    withClient(
      server,
      (client) =>
        client.call(
          "ACL",
          "SETUSER",
          "default",
          "resetkeys",
          "~quiet*",
          "~*quiet*",
          "~tidemark*",
          `%R~never-${stream}`,
        ),
    );
}

/** Waits until somebody tries to reach a server that is down. */
async function isTried(port: number): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port });
  using _refused = await listener.accept();
}

const reads = (service: ServiceProcess) => service.says("consumer reads");
const begins = (service: ServiceProcess) => service.says("begun");
const SLOW_RESTARTS = "supervision: {initial_ms: 60000, max_ms: 60000}";
const NO_RESTARTS = "supervision: {restarts_max: 0}";
const QUIET = "{name: quiet, group: workers, handler: ./handler.ts}";

const SCENARIOS: readonly Scenario[] = [
  {
    name: "idle, SIGTERM",
    reach: reads,
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: 1_000,
  },
  {
    name: "idle, SIGINT",
    reach: reads,
    signals: ["SIGINT"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: 1_000,
  },
  {
    name: "busy with a long handler, SIGTERM",
    handler: "long",
    reach: begins,
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: GRACE_MS + 1_000,
  },
  {
    name: "busy with an endless handler, SIGTERM",
    handler: "endless",
    reach: begins,
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "handlers still ran at the end",
    tookMsMax: GRACE_MS + 1_000,
  },
  {
    name: "busy with an endless handler, a second signal",
    handler: "endless",
    graceMs: 60_000,
    reach: begins,
    signals: ["SIGTERM", "SIGINT"],
    code: 1,
    lastWords: "interrupt again to end at once",
    tookMsMax: 500,
  },
  {
    name: "Redis is down at the start, SIGTERM",
    prepare: (server) => server.kill("SIGKILL"),
    reach: (_, server) => isTried(server.port),
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "Stopping",
    tookMsMax: GRACE_MS + 1_000,
  },
  {
    name: "Redis is gone, SIGTERM",
    async reach(service, server) {
      await reads(service);
      await server.kill("SIGKILL");
      await service.says("a call failed, trying again");
    },
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: GRACE_MS + 1_000,
  },
  {
    name: "Redis is gone while a handler runs, SIGTERM",
    handler: "long",
    async reach(service, server) {
      await begins(service);
      await server.kill("SIGKILL");
    },
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: GRACE_MS + 1_000,
  },
  {
    name: "Redis answers nothing, SIGTERM",
    async reach(service, server) {
      await reads(service);
      await server.kill("SIGSTOP");
    },
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: GRACE_MS + 1_000,
  },
  {
    name: "restarting, SIGTERM",
    sections: SLOW_RESTARTS,
    more: QUIET,
    prepare: refuse("jobs"),
    async reach(service) {
      await reads(service);
      await service.says("the consumer is started again");
    },
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: 1_000,
  },
  {
    name: "one is given up, SIGTERM",
    sections: NO_RESTARTS,
    more: QUIET,
    prepare: refuse("jobs"),
    async reach(service) {
      await reads(service);
      await service.says("the consumer is given up");
    },
    signals: ["SIGTERM"],
    code: 1,
    lastWords: "the broker refuses access (NOPERM), check user, password and permissions",
    tookMsMax: 1_000,
  },
  {
    name: "a handler's module that is never loaded, SIGTERM",
    handler: "never",
    reach: begins,
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "Stopping",
    tookMsMax: 1_000,
  },
  {
    name: "a handler's module that keeps an interval, SIGTERM",
    handler: "leavesInterval",
    reach: reads,
    signals: ["SIGTERM"],
    code: 0,
    lastWords: "consumer stopped",
    tookMsMax: 1_000,
  },
  {
    name: "a promise that a handler forgot is rejected",
    handler: "forgetsAwait",
    reach: () => Promise.resolve(),
    signals: [],
    code: 1,
    lastWords: `"error":"Error: late \\u001b[31m\\nerror"`,
    tookMsMax: Infinity,
  },
  {
    name: "a timer of a handler throws",
    handler: "throwsLater",
    reach: () => Promise.resolve(),
    signals: [],
    code: 1,
    lastWords: "consumer stopped",
    tookMsMax: Infinity,
  },
  {
    name: "a handler ends the program",
    handler: "exits",
    reach: () => Promise.resolve(),
    signals: [],
    code: 1,
    lastWords: "code of a handler ended the program at once",
    tookMsMax: Infinity,
  },
  {
    name: "all are given up",
    sections: NO_RESTARTS,
    prepare: refuse("jobs"),
    reach: () => Promise.resolve(),
    signals: [],
    code: 1,
    lastWords: "the broker refuses access (NOPERM), check user, password and permissions",
    tookMsMax: Infinity,
  },
];

/** Runs one scenario up to its state, and says how to end it. */
async function begin(scenario: Scenario, open: AsyncDisposableStack): Promise<() => Promise<void>> {
  const { name, handler = "quick", graceMs = GRACE_MS, more, sections = "" } = scenario;
  const server = open.use(await startRedisServer());
  {
    await using broker = await openRedisBroker({ url: server.url });
    await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job", data: 1 });
  }
  await scenario.prepare?.(server);
  const streams = [
    "{name: jobs, group: workers, handler: ./handler.ts}",
    ...more === undefined ? [] : [more],
  ];
  const yaml = `redis_streams:
  redis_url: ${server.url}
  streams: [${streams.join(", ")}]
stop: {grace_ms: ${graceMs}}
${sections}
`;
  const service = open.use(await ServiceProcess.start({ yaml, handler: HANDLERS[handler] }));
  await scenario.reach(service, server);
  return async () => {
    for (const signal of scenario.signals) {
      service.signal(signal);
      await service.says("Stopping");
    }
    const { code, tookMs } = await service.end();
    const said = `${name}, which said:\n${service.text}`;
    assertEquals(code, scenario.code, said);
    if (scenario.signals.length > 0) {
      assert(tookMs <= scenario.tookMsMax + LATE_MS, `${tookMs} ms for ${said}`);
    }
    assertStringIncludes(
      service.text.trim().split("\n").slice(-3).join("\n"),
      scenario.lastWords,
      name,
    );
    if (name.startsWith("busy with a long handler")) {
      await withClient(server, async (client) => assertEquals(await client.xlen("results"), 1));
    }
  };
}

Deno.test("a service ends by itself in every state, within the grace and a second, and its exit code says how", async () => {
  await using open = new AsyncDisposableStack();
  const ends = await Promise.all(SCENARIOS.map((scenario) => begin(scenario, open)));
  for (const end of await Promise.allSettled(ends.map((end) => end()))) {
    if (end.status === "rejected") throw end.reason;
  }
});
