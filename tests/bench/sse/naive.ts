/**
 * The event stream that one would write by hand: a `ReadableStream` for each client, and every event is written, encoded
 * and enqueued for each. Nothing is bounded, kept, or told to who comes later.
 *
 * @module
 */

import { markedData } from "./mark.ts";
import type { Served } from "./served.ts";

/** Serves. */
export function serveNaive(): Served {
  const clients = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const encoder = new TextEncoder();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    let client: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        client = controller;
        clients.add(client);
        client.enqueue(encoder.encode("retry: 1000\n\n"));
      },
      cancel() {
        clients.delete(client);
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  });
  return {
    port: server.addr.port,
    path: "/",
    emit(number) {
      const id = `${Date.now()}-${number}`;
      const event = { id, type: "tick", data: markedData(number), at: new Date().toISOString() };
      for (const client of clients) {
        client.enqueue(encoder.encode(`id: ${id}\ndata: ${JSON.stringify(event)}\n\n`));
      }
    },
  };
}
