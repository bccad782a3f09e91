/**
 * The process of a side: loads nothing but that side, and measures a round for each line on its standard input.
 *
 * @module
 */

import { linesOf } from "../../chaos/worker_line.ts";
import { roundLine, type SideSettings, sideSettings } from "./lines.ts";
import type { Side } from "./side.ts";

if (import.meta.main) await main();

async function main(): Promise<void> {
  const side = await load(sideSettings.parse(JSON.parse(Deno.args[0] ?? "")));
  for await (const line of linesOf(Deno.stdin.readable.getReader())) {
    console.log(JSON.stringify(await side(roundLine.parse(JSON.parse(line)))));
  }
  Deno.exit();
}

async function load(settings: SideSettings): Promise<Side> {
  switch (settings.kind) {
    case "raw_redis":
      return (await import("./raw_redis.ts")).rawRedis(settings);
    case "raw_latency":
      return (await import("./raw_latency.ts")).rawLatency;
    case "raw_sqlite":
      return (await import("./raw_sqlite.ts")).rawSqlite(settings);
    case "bullmq":
      return await (await import("./bullmq.ts")).bullmq(settings);
    case "moleculer":
      return await (await import("./moleculer.ts")).moleculer(settings);
    case "tidemark":
      return (await import("./tidemark.ts")).tidemark(settings);
    case "tidemark_latency":
      return (await import("./tidemark_latency.ts")).tidemarkLatency(settings);
  }
}
