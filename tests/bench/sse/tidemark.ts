/**
 * The event stream of a run, as Tidemark serves it: a run manager, its broker, and the HTTP server with the run routes.
 *
 * @module
 */

import { connect, defineRun, type RunContext, RunManager } from "../../../mod.ts";
import { runRoutes } from "../../../src/http/routes/runs/run_routes.ts";
import { HttpServer } from "../../../src/http/server.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import { silentLog } from "../../../src/ports/log.ts";
import { markedData } from "./mark.ts";
import type { Served } from "./served.ts";

/** All clients of the benchmark come from one address and follow one run. */
const STREAMS_MAX = 2_000;

/** Serves. @param url The broker. */
export async function serveTidemark(url: string): Promise<Served> {
  const broker = await connect(url);
  const started = Promise.withResolvers<RunContext>();
  const ticking = defineRun({
    kind: "ticking",
    start(context) {
      started.resolve(context);
      return new Promise<void>(() => {});
    },
  });
  const runs = new RunManager({ broker, kinds: [ticking] });
  const run = await runs.start("ticking", null);
  const { emit } = await started.promise;
  const server = new HttpServer({
    routes: [runRoutes(runs, { log: silentLog, clock: systemClock })],
    limits: {
      streamsMax: STREAMS_MAX,
      streamsPerAddressMax: STREAMS_MAX,
      streamsPerRunMax: STREAMS_MAX,
    },
  });
  return {
    port: server.address.port,
    path: `/runs/${run}/events/stream`,
    emit: (number) => void emit("tick", markedData(number)),
  };
}
