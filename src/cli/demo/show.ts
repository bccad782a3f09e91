/**
 * The demo under the inspector: a page that shows the consumers' processes, and events for as long as somebody looks.
 *
 * @module
 */

import { INSPECTOR_PORT } from "../../config/operator_wish.ts";
import { StreamProducer } from "../../producer/stream_producer.ts";
import { openInspector } from "../../service/open_inspector.ts";
import { serveHttp } from "../../service/serve_http.ts";
import { unlessAborted } from "../../service/unless_aborted.ts";
import type { DemoInput } from "./input.ts";
import type { Place } from "./place.ts";

/** Slow enough to follow each event with the eye. */
const EVENT_MS = 400;

/** A page for the demo, until it is disposed. */
export interface Show extends AsyncDisposable {
  /** Where it is. */
  readonly url: string;
}

/**
 * Serves the page.
 *
 * @param port Where, 0 for any free port.
 * @throws {PortTakenError} When another program listens there.
 */
export async function openShow({ broker }: Place, port = INSPECTOR_PORT): Promise<Show> {
  await using open = new AsyncDisposableStack();
  const inspector = open.use(await openInspector({ broker }));
  const http = open.use(await serveHttp({ inspector, port }));
  const parts = open.move();
  return {
    url: `${http.address.url}/inspector`,
    [Symbol.asyncDispose]: async () => {
      await http.close({ graceMs: 500 });
      await parts.disposeAsync();
    },
  };
}

/** Publishes the input's events once more, now and then, until the signal comes. */
export async function keepBusy(
  { broker, stream }: Place,
  { input, signal }: { readonly input: DemoInput; readonly signal: AbortSignal },
): Promise<void> {
  const producer = new StreamProducer({ broker, stream });
  for (let count = 0; !signal.aborted; count++) {
    const event = input.events[count % input.events.length];
    if (event === undefined) return;
    const { type, data, key } = event;
    await producer.publish({ type, data, key });
    await unlessAborted(signal, () => new Promise((resolve) => setTimeout(resolve, EVENT_MS)));
  }
}
