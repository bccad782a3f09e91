/**
 * A program's consumers, shown live.
 *
 * @module
 */

import type { Inspector, OpenInspectorOptions } from "./inspector_options.ts";

/**
 * Opens an inspector: it records what the consumers of an orchestrator do, or one consumer that nobody supervises, and shows it where it is given to
 * {@linkcode serveHttp}, together with the other processes on the same broker. It can be opened and closed while they run;
 * what it needs is loaded only then.
 *
 * @example Look at a consumer that runs
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, openInspector, Orchestrator, serveHttp } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const consumers = [{ stream: "orders", group: "billing", handler: () => {} }];
 * await using orchestrator = new Orchestrator({ broker, consumers });
 * await orchestrator.start();
 *
 * await using inspector = await openInspector({ broker, orchestrator });
 * await using http = await serveHttp({ inspector, port: 0 }); // a page at /inspector
 *
 * const { instances } = await (await fetch(`${http.address.url}/inspector/instances`)).json();
 * assertEquals(instances[0].instance, orchestrator.instance);
 * ```
 *
 * @param options What is shown, and what may be done.
 * @returns The inspector. Close it before its orchestrator and its broker.
 * @throws {InvalidOptionError} When `framesMax` cannot work, or both an orchestrator and a consumer are given.
 */
export async function openInspector(options: OpenInspectorOptions): Promise<Inspector> {
  const { LiveInspector } = await import("./live_inspector.ts");
  return new LiveInspector(options);
}
