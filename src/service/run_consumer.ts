/**
 * One consumer, run until it is told to end: the short way for programs that have nothing else to do.
 *
 * @module
 */

import { StreamConsumer } from "../consumer/consumer.ts";
import type { StreamConsumerOptions } from "../consumer/options.ts";
import { BrokerUnavailableError, InvalidOptionError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { HandlerSource } from "../workers/handler_module.ts";
import { connect } from "./connect.ts";
import { Orchestrator, type OrchestratorOptions } from "./shown_orchestrator.ts";

/** What {@linkcode runConsumer} takes: a consumer's options, its handler, and where the broker is. */
export type RunConsumerOptions<Data = unknown> =
  & Omit<StreamConsumerOptions, "broker" | "inspect">
  & ({ readonly broker: Broker } | { readonly url: string })
  & {
    /** Handles one event; or the module that the handler is imported from. */
    readonly handler: HandlerSource<Data>;
    /** Ends the consumer: what runs is finished, committed, and the rest handed back. */
    readonly signal?: AbortSignal;
    /**
     * `true`, or how: serves the inspector's page on 127.0.0.1 with a token for as long as the consumer works, and says its
     * address in the log, without one on standard error. A function observes every transition of the machine instead, as
     * XState's `inspect` does. Default: neither.
     */
    readonly inspect?: OrchestratorOptions["inspect"];
  };

/**
 * Runs one consumer until it is told to end.
 *
 * @example Handle one event, publish another
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { connect, runConsumer, StreamProducer } from "@tidemark/tidemark";
 *
 * await using broker = await connect("sqlite::memory:");
 * await new StreamProducer({ broker, stream: "orders" }).publish({ type: "order.placed", data: 42 });
 *
 * const done = new AbortController();
 * await runConsumer({
 *   broker,
 *   stream: "orders",
 *   group: "billing",
 *   signal: done.signal,
 *   handler: (event, ctx) => {
 *     ctx.publish("invoices", { type: "invoice.sent", data: event.data });
 *     done.abort();
 *   },
 * });
 * assertEquals((await broker.streamInfo("invoices"))?.length, 1);
 * ```
 *
 * @param options Where, what, and the handler; everything else as {@linkcode StreamConsumerOptions}. A broker that was
 * opened for its `url` is closed at the end, a given one is not.
 * @returns When it was ended by the signal and nothing is open any more.
 * @throws The error that made the consumer fail, as {@linkcode StreamConsumer.subscribe} names them.
 * @throws {InvalidNameError} or {InvalidOptionError} When an option cannot work.
 */
export async function runConsumer<Data = unknown>(
  options: RunConsumerOptions<Data>,
): Promise<void> {
  const { handler, signal, inspect = false, ...rest } = options;
  await using owned = "url" in rest ? await connectUnlessAborted(rest.url, signal) : null;
  const broker = "broker" in rest ? rest.broker : owned;
  if (broker === null && signal?.aborted) return;
  if (broker === null) throw new InvalidOptionError("url", "missing", "a url or a broker");
  if (inspect !== false && typeof inspect !== "function") {
    return await runShown({ ...rest, broker, inspect }, {
      handler: handler as HandlerSource,
      signal,
    });
  }
  const observed = inspect === false ? {} : { inspect };
  await using consumer = new StreamConsumer({ ...rest, ...observed, broker });
  await untilAborted(consumer, signal, () => consumer.subscribe(handler));
}

/** @returns `null` when it was told to end while the server was down. */
async function connectUnlessAborted(
  url: string,
  signal: AbortSignal | undefined,
): Promise<Broker | null> {
  try {
    return await connect(url, signal === undefined ? {} : { signal });
  } catch (error) {
    if (signal?.aborted && error instanceof BrokerUnavailableError) return null;
    throw error;
  }
}

/** With a page there is an orchestrator, which starts it again only when somebody says so on the page. */
async function runShown(
  options: Omit<StreamConsumerOptions, "inspect"> & Pick<OrchestratorOptions, "inspect">,
  { handler, signal }: {
    readonly handler: HandlerSource;
    readonly signal: AbortSignal | undefined;
  },
): Promise<void> {
  const { broker, inspect, log, clock, random, ...plan } = options;
  await using orchestrator = new Orchestrator({
    broker,
    consumers: [{ ...plan, handler }],
    supervision: { restartsMax: 0, onFailure: "end" },
    ...(inspect === undefined ? {} : { inspect }),
    ...(log === undefined ? {} : { log }),
    ...(clock === undefined ? {} : { clock }),
    ...(random === undefined ? {} : { random }),
  });
  await untilAborted(orchestrator, signal, () => orchestrator.start());
}

/** Starts, waits for the signal or the consumer's own end, stops. */
async function untilAborted(
  consumer: Pick<StreamConsumer, "stop" | "finished">,
  signal: AbortSignal | undefined,
  start: () => Promise<void>,
): Promise<void> {
  if (signal?.aborted) return;
  const stop = () => void consumer.stop();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await start();
    await consumer.finished;
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
  }
}
