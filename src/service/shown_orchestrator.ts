/**
 * `Orchestrator` as programs get it: many consumers in one process, and the inspector's page where it is asked for.
 *
 * @module
 */

import { Orchestrator as BareOrchestrator } from "../orchestrator/orchestrator.ts";
import type { OrchestratorOptions as BareOrchestratorOptions } from "../orchestrator/orchestrator_options.ts";
import { type InspectPage, type InspectPageOptions, openInspectPage } from "./inspect_page.ts";

/** What an orchestrator takes. */
export interface OrchestratorOptions extends Omit<BareOrchestratorOptions, "inspect"> {
  /**
   * `true`, or how: serves the inspector's page on 127.0.0.1 with a token for as long as the orchestrator works, and says
   * its address in the log, without one on standard error. A function observes every transition of every machine instead,
   * as XState's `inspect` does; it can never harm a consumer. Default: neither.
   */
  readonly inspect?: boolean | InspectPageOptions | ((event: unknown) => void);
}

/**
 * Runs many consumers in one process. Each one has a supervisor that starts it again when it fails, with growing waits,
 * and gives it up when it fails too often; a consumer that fails never disturbs another one.
 *
 * @example Two groups that each get every event
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, Orchestrator, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * const seen: string[] = [];
 * await using orchestrator = new Orchestrator({
 *   broker,
 *   consumers: ["billing", "shipping"].map((group) => ({
 *     stream: "orders",
 *     group,
 *     handler: (event) => {
 *       seen.push(`${group} ${event.data}`);
 *       if (seen.length === 2) orchestrator.stop();
 *     },
 *   })),
 * });
 * await new StreamProducer({ broker, stream: "orders" }).publish({ type: "order", data: 1 });
 * await orchestrator.start();
 * await orchestrator.finished;
 * assertEquals(seen.sort(), ["billing 1", "shipping 1"]);
 * ```
 */
export class Orchestrator extends BareOrchestrator {
  readonly #given: OrchestratorOptions;
  #page: Promise<InspectPage> | null = null;
  #url: string | null = null;

  /**
   * Makes an orchestrator; nothing is started before {@linkcode Orchestrator.start}.
   *
   * @param options The consumers, and how they are kept running.
   * @throws {InvalidOptionError} When two consumers would take each other's place, or a value cannot work.
   * @throws {InvalidNameError} When a stream, group or consumer cannot have its name.
   */
  constructor(options: OrchestratorOptions) {
    const { inspect, ...rest } = options;
    super({ ...rest, ...(typeof inspect === "function" ? { inspect } : {}) });
    this.#given = options;
  }

  /** What to open in a browser while the page is served, `null` otherwise. It holds the token of the page. */
  get inspectorUrl(): string | null {
    return this.#url;
  }

  /**
   * Starts every consumer, and before them the page, so that it has seen everything. Can be called once.
   *
   * @returns When each of them reads or was given up.
   * @throws The error of the first one that was given up, when that ends the orchestrator.
   * @throws {ClosedError} When it was stopped first.
   * @throws {InvalidOptionError} At a second call.
   * @throws {PortTakenError} or {PermissionMissingError} When the page cannot be served; nothing was started.
   */
  override async start(): Promise<void> {
    const { inspect = false, broker, log, clock, random } = this.#given;
    if (inspect !== false && typeof inspect !== "function" && this.#page === null) {
      this.#page = openInspectPage(inspect === true ? {} : inspect, {
        broker,
        orchestrator: this,
        ...(log === undefined ? {} : { log }),
        ...(clock === undefined ? {} : { clock }),
        ...(random === undefined ? {} : { random }),
      });
      this.#url = await this.#page.then(({ url }) => url, (error: unknown) => {
        this.#page = null;
        throw error;
      });
      const close = () => void this.#close();
      this.finished.then(close, close);
    }
    await super.start();
  }

  /**
   * Ends: every consumer reads no more, lets running handlers finish for its `graceMs`, commits, and hands the rest
   * back. A handler must not wait for it.
   *
   * @param options `now`: do not wait for handlers, they are told by `context.signal`.
   * @returns When nothing is open any more, at the latest a second after the longest grace.
   */
  override async stop(options?: { readonly now?: boolean }): Promise<void> {
    await super.stop(options);
    await this.#close();
  }

  async #close(): Promise<void> {
    this.#url = null;
    const page = await this.#page?.catch(() => null);
    await page?.[Symbol.asyncDispose]();
  }
}
