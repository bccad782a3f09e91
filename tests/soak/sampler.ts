/**
 * Samples: what the service holds and how far it is, every few seconds.
 *
 * @module
 */

import type { Books } from "./books.ts";
import { GROUPS } from "./layout.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";
import type { View } from "./view.ts";

/** One sample. What could not be looked at is `null`. */
export interface Sample {
  /** Since the begin, in s. */
  readonly atS: number;
  /** The fault that was on. */
  readonly fault: string | null;
  /** Events published. */
  readonly published: number;
  /** Outputs that are not there yet. */
  readonly behind: number;
  /** Of the service's process. */
  readonly heapMb: number | null;
  readonly rssMb: number | null;
  readonly timers: number | null;
  readonly sockets: number | null;
  readonly threads: number | null;
  /** Of the broker. */
  readonly connections: number | null;
  readonly doneSet: number | null;
  readonly pending: number | null;
  readonly records: number | null;
  readonly brokerMb: number | null;
}

/** What is sampled. */
export interface Sampled {
  readonly service: Service;
  readonly publisher: Publisher;
  readonly books: Books;
  readonly view: View;
}

const MEBIBYTE = 1_048_576;

/** A reading of the probe that is older says nothing of now: the process stood still, or was killed. */
const READING_MS_MAX = 6_000;

/** Takes a sample. */
export async function takeSample(
  { service, publisher, books, view }: Sampled,
  now: { readonly atS: number; readonly fault: string | null },
): Promise<Sample> {
  const told = await service.reading();
  const reading = told !== null && Date.now() - told.atMs < READING_MS_MAX ? told : null;
  const groups = await Promise.all(GROUPS.map((plan) => view.group(plan))).catch(() => null);
  const broker = await view.broker().catch(() => null);
  const sum = (of: "pending" | "doneSet") =>
    groups === null ? null : groups.reduce((total, group) => total + group[of], 0);
  return {
    ...now,
    published: publisher.total,
    behind: books.missing,
    heapMb: reading === null ? null : reading.heapBytes / MEBIBYTE,
    rssMb: reading === null ? null : reading.rssBytes / MEBIBYTE,
    timers: reading?.timers ?? null,
    ...await processOf(service.pid),
    connections: broker?.connections ?? null,
    doneSet: sum("doneSet"),
    pending: sum("pending"),
    records: broker?.records ?? null,
    brokerMb: broker === null ? null : broker.bytes / MEBIBYTE,
  };
}

/** What the system knows of a process; only Linux tells. */
async function processOf(pid: number): Promise<Pick<Sample, "sockets" | "threads">> {
  const [files, status] = await Promise.all([
    textOf("ls", ["-l", `/proc/${pid}/fd`]),
    textOf("cat", [`/proc/${pid}/status`]),
  ]);
  const threads = /^Threads:\s+(\d+)/m.exec(status)?.[1];
  return {
    sockets: files === "" ? null : files.match(/socket:\[/g)?.length ?? 0,
    threads: threads === undefined ? null : Number(threads),
  };
}

/** Deno reads no files of /proc itself without every permission there is. */
async function textOf(program: string, args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "null" }).output();
  return success ? new TextDecoder().decode(stdout) : "";
}
