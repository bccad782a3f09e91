/**
 * Tests that a client which somebody generates from `/openapi.json` works: it is typed, and refuses every answer that is
 * not what the document says.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { defineRun } from "../../src/runs/run_definition.ts";
import { RunManager } from "../../src/runs/run_manager.ts";
import { serveHttp } from "../../src/service/serve_http.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { CLIENT_PROGRAM } from "./client_program.ts";
import { runWithGeneratedClient } from "./generated_client.ts";

const kinds = [
  defineRun({ kind: "outside", external: true }),
  defineRun({
    kind: "count",
    start(ctx, upTo: number) {
      for (let number = 1; number <= upTo; number++) ctx.emit("counted", number);
    },
  }),
];

testOnEachBroker("a client generated from the OpenAPI document works", async ({ broker }) => {
  await using runs = new RunManager({ broker, kinds });
  await using service = await serveHttp({ broker, runs });
  const { url } = service.address;
  const document: unknown = await (await fetch(`${url}/openapi.json`)).json();
  assertEquals(await runWithGeneratedClient(document, { program: CLIENT_PROGRAM, url }), {
    health: "ok",
    ready: { ready: true, reasons: [] },
    started: ["r1", "count", "/runs/r1"],
    followed: [
      ["counted", 1],
      ["counted", 2],
      ["counted", 3],
      ["end", "completed"],
    ],
    page: [["counted", "counted"], true, null],
    next: [["counted", "run.completed"], false, "completed"],
    addedOnce: true,
    ended: ["completed", "done", 3],
    cancelled: [true, "r2"],
    list: ["r2", "r1"],
    missing: [404, "RUN_NOT_FOUND"],
    unknown: [400, "INVALID_RUN_KIND"],
  });
});
