/**
 * A program's events over HTTP: runs and Durable Streams with their documents, beside routes of the program's own.
 *
 * @module
 */

import type { HttpService, ServeHttpOptions } from "./http_service_options.ts";

/**
 * Serves runs, streams and the inspector over HTTP: `/runs`, `/streams`, `/inspector`, `/health`, `/ready`, `/openapi.json` and a page to try them at
 * `/docs`. What serves is loaded only when it is asked for.
 *
 * @example Start a run over HTTP, and follow it
 * ```ts
 * import { assertEquals, assertStringIncludes } from "@std/assert";
 * import { connect, defineRun, RunManager, serveHttp } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const count = defineRun({
 *   kind: "count",
 *   start(ctx, upTo: number) {
 *     for (let n = 1; n <= upTo; n++) ctx.emit("counted", n);
 *   },
 * });
 * await using runs = new RunManager({ broker, kinds: [count] });
 * await using http = await serveHttp({ broker, runs, port: 0 });
 *
 * const started = await fetch(`${http.address.url}/runs`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({ kind: "count", input: 2, id: "first" }),
 * });
 * assertEquals([started.status, (await started.json()).id], [201, "first"]);
 *
 * const followed = await fetch(`${http.address.url}/runs/first/events/stream`);
 * assertStringIncludes(await followed.text(), "event: end");
 * ```
 *
 * @param options What, where, and to whom.
 * @returns The service, which listens. Close it before its runs and its broker.
 * @throws {InvalidOptionError} For an option that cannot work, such as a place that others reach, without a token.
 * @throws {PortTakenError} When another program listens there.
 * @throws {PermissionMissingError} When this program may not listen there; the message names the permission.
 */
export async function serveHttp(options: ServeHttpOptions): Promise<HttpService> {
  const { openHttpService } = await import("./http_service.ts");
  return await openHttpService(options);
}
