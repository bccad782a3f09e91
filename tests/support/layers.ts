/**
 * The layers of `src`: who may import whom, and which folder alone imports a package.
 *
 * @module
 */

/** Which layer may import which. A layer is a folder of src, or runtime.ts or mod.ts itself. */
export const layers: Record<string, readonly string[] | "every layer"> = {
  domain: [],
  ports: ["domain"],
  config: ["domain"],
  workers: ["domain", "ports"],
  consumer: ["domain", "ports", "workers"],
  backpressure: ["domain", "ports"],
  producer: ["domain", "ports", "backpressure"],
  runs: ["domain", "ports"],
  orchestrator: ["domain", "ports", "consumer", "workers", "telemetry", "backpressure"],
  brokers: ["domain", "ports"],
  http: ["domain", "ports"],
  inspector: ["domain", "ports", "telemetry", "http"],
  telemetry: ["domain", "ports"],
  testing: ["domain", "ports", "consumer", "workers", "orchestrator", "brokers", "telemetry"],
  service: [
    "domain",
    "ports",
    "config",
    "workers",
    "consumer",
    "orchestrator",
    "brokers",
    "runs",
    "http",
    "inspector",
    "telemetry",
  ],
  cli: ["domain", "ports", "config", "producer", "telemetry", "service", "runtime"],
  std: [],
  runtime: "every layer",
  mod: "every layer",
};

/** Packages that only one folder may import, so that another one can take their place. */
export const packageHomes: Record<string, string> = {
  "ioredis": "src/brokers/redis/",
  "node:sqlite": "src/brokers/sqlite/",
};
