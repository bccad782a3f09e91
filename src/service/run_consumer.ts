/**
 * One consumer, run until it is told to end: the short way for programs that have nothing else to do.
 *
 * @module
 */

import { StreamConsumer } from "../consumer/consumer.ts";
import type { StreamConsumerOptions } from "../consumer/options.ts";
import { InvalidOptionError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";
import type { HandlerSource } from "../workers/handler_module.ts";
import { connect } from "./connect.ts";

/** What {@linkcode runConsumer} takes: a consumer's options, its handler, and where the broker is. */
export type RunConsumerOptions<Data = unknown> =
  & Omit<StreamConsumerOptions, "broker">
  & ({ readonly broker: Broker } | { readonly url: string })
  & {
    /** Handles one event; or the module that the handler is imported from. */
    readonly handler: HandlerSource<Data>;
    /** Ends the consumer: what runs is finished, committed, and the rest handed back. */
    readonly signal?: AbortSignal;
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
  const { handler, signal, ...rest } = options;
  await using owned = "url" in rest ? await connect(rest.url) : null;
  const broker = "broker" in rest ? rest.broker : owned;
  if (broker === null) throw new InvalidOptionError("url", "missing", "a url or a broker");
  await using consumer = new StreamConsumer({ ...rest, broker });
  await untilAborted(consumer, signal, () => consumer.subscribe(handler));
}

/** Starts, waits for the signal or the consumer's own end, stops. */
async function untilAborted(
  consumer: StreamConsumer,
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
