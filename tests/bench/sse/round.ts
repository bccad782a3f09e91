/**
 * One measurement of the scenario `sse`: a server process, a process with the clients, and what both tell in the end.
 *
 * @module
 */

import { ChildProgram } from "../child_program.ts";
import {
  type ClientSettings,
  connected,
  emitted,
  listening,
  received,
  type ServerSettings,
} from "./lines.ts";

/** What was found. */
export interface Figures {
  readonly emitted: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  /** From `emit` until the bytes were read. */
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** How much later than planned 99 of 100 events were emitted at most. */
  readonly lateMs: number;
  /** Of one core. */
  readonly serverShare: number;
  /** Of one core. */
  readonly clientShare: number;
  /** Until all had the head of their answer. */
  readonly connectMs: number;
  /** Resident size of the server, for each client. */
  readonly rssBytes: number;
  /** Its heap without garbage, for each client. */
  readonly heapBytes: number;
}

/** What is measured. */
export interface RoundOptions {
  readonly kind: ServerSettings["kind"];
  readonly clients: number;
  readonly eventsPerSecond: number;
  /** Until the code of both sides is compiled. */
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
  /** A folder for the broker, if it needs one. */
  readonly folder: string;
  /** The broker. */
  readonly url: string;
}

const SERVER = new URL("server.ts", import.meta.url);
const CLIENTS = new URL("clients.ts", import.meta.url);

/** Measures. @throws The signal's reason, or {Error} when a process fails. */
export async function measureRound(options: RoundOptions): Promise<Figures> {
  const { kind, url, clients, eventsPerSecond, warmUpSeconds, seconds, folder, signal } = options;
  const counts = {
    warmUpEvents: eventsPerSecond * warmUpSeconds,
    events: eventsPerSecond * seconds,
  };
  const settings: ServerSettings = { kind, url, eventsPerSecond, ...counts };
  await using server = new ChildProgram(SERVER, {
    flags: serverFlags(folder),
    argument: settings,
    signal,
  });
  const { port, path, ...before } = await server.line(listening);
  const clientSettings: ClientSettings = { port, path, clients, ...counts };
  await using readers = new ChildProgram(CLIENTS, {
    flags: ["--allow-net=127.0.0.1"],
    argument: clientSettings,
    signal,
  });
  const { tookMs: connectMs } = await readers.line(connected);
  await readers.go();
  await server.go();
  const { cpuShare: serverShare, lateMs, ...after } = await server.line(emitted);
  const { cpuShare: clientShare, ...found } = await readers.line(received);
  return {
    emitted: counts.warmUpEvents + counts.events,
    ...found,
    lateMs,
    serverShare,
    clientShare,
    connectMs,
    rssBytes: (after.rssBytes - before.rssBytes) / clients,
    heapBytes: (after.heapBytes - before.heapBytes) / clients,
  };
}

function serverFlags(folder: string): string[] {
  return [
    "--v8-flags=--expose-gc",
    "--ignore-env",
    "--allow-net=127.0.0.1",
    `--allow-read=${folder}`,
    `--allow-write=${folder}`,
  ];
}
