/**
 * The process with the clients of the scenario `sse`: raw sockets, because a client that parses would be slower than the
 * server, and the machine has few cores. It checks that every event arrives at every client once and in order.
 *
 * @module
 */

import { linesOf } from "../../chaos/worker_line.ts";
import { startCpuShare } from "../processor.ts";
import { Books, type Take } from "./books.ts";
import { type ClientSettings, clientSettings, tell } from "./lines.ts";
import { nowMs, readMarks } from "./mark.ts";

/** So many connect at a time: as browsers that all come back after a restart, but below the backlog of a listener. */
const CONNECTING_MAX = 64;

/** When nothing has come for so long, in ms, nothing will. */
const SILENCE_MS_MAX = 10_000;

/** As often it is looked whether all is there, in ms: often enough, and nothing beside 1,000 sockets. */
const LOOK_MS = 50;

/** Some dozens of events. */
const BUFFER_BYTES = 16_384;

if (import.meta.main) await main(clientSettings.parse(JSON.parse(Deno.args[0] ?? "")));

async function main(settings: ClientSettings): Promise<void> {
  const { clients, warmUpEvents, events } = settings;
  const books = new Books(settings);
  const startMs = performance.now();
  let next = 0;
  const connecting = Array.from({ length: CONNECTING_MAX }, async () => {
    while (next++ < clients) await open(settings, books.openAccount());
  });
  await Promise.all(connecting);
  tell({ tookMs: performance.now() - startMs });
  const commands = linesOf(Deno.stdin.readable.getReader());
  await commands.next();
  const cpuShare = startCpuShare();
  books.lastMs = performance.now();
  const wanted = clients * (warmUpEvents + events);
  while (books.delivered < wanted && performance.now() - books.lastMs < SILENCE_MS_MAX) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  tell({ ...books.result(), cpuShare: cpuShare() });
  Deno.exit();
}

/** Connects one client. @returns When it has the head of its answer; it goes on reading. */
async function open({ port, path }: ClientSettings, take: Take): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const buffer = new Uint8Array(BUFFER_BYTES);
  const size = await connection.read(buffer) ?? 0;
  const head = new TextDecoder().decode(buffer.subarray(0, size));
  if (!head.startsWith("HTTP/1.1 200 ")) throw new Error(`A client was refused: ${head}`);
  follow(connection, { buffer, take });
}

async function follow(
  connection: Deno.Conn,
  { buffer, take }: { readonly buffer: Uint8Array; readonly take: Take },
): Promise<void> {
  let kept = 0;
  for (;;) {
    const size = await connection.read(buffer.subarray(kept));
    if (size === null) return;
    const end = kept + size;
    const readMs = nowMs();
    kept = readMarks(
      buffer.subarray(0, end),
      (number, emittedMs) => take(number, readMs - emittedMs),
    );
    if (kept > 0) buffer.copyWithin(0, end - kept, end);
  }
}
