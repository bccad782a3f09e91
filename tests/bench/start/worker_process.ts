/**
 * The process of the scenarios `start-resume` and `start-recovery`, as whoever measures sees it.
 *
 * @module
 */

import { ChildProgram } from "../child_program.ts";
import { type WorkerLine, workerLine, type WorkerSettings } from "./worker_lines.ts";

const WORKER = new URL("worker.ts", import.meta.url);

/** Starts it. @param folder What it may read and write, for the file of a broker. */
export function startWorker(
  settings: WorkerSettings,
  { folder, signal }: { readonly folder: string; readonly signal: AbortSignal },
): ChildProgram {
  return new ChildProgram(WORKER, {
    flags: [
      "--ignore-env",
      "--allow-net=127.0.0.1",
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
    ],
    argument: settings,
    signal,
  });
}

/** Waits for its next line that tells this, not before a time. @returns When it was, in ms since 1970. */
export async function untilTold(
  worker: ChildProgram,
  what: WorkerLine["what"],
  { sinceMs = 0 }: { readonly sinceMs?: number } = {},
): Promise<number> {
  for (;;) {
    const line = await worker.line(workerLine);
    if (line.what === what && line.atMs >= sinceMs) return line.atMs;
  }
}

/** The time by the clock that workers tell, in ms since 1970. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
