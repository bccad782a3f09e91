/**
 * Aiming: brings a worker to a named point and leaves it there, waiting. Where the point lies between a commit and its
 * answer, what the worker sent, or what the server answered, is held on the wire.
 *
 * @module
 */

import type { EntryId } from "../../src/domain/entry_id.ts";
import { isUnderWay, type Point } from "./points.ts";
import type { WorkerProcess } from "./worker_process.ts";
import type { Trap } from "./wire.ts";

/** A worker that waits at a point. */
export interface Aimed {
  readonly worker: WorkerProcess;
  readonly ids: readonly EntryId[];
  /** What is held on its wire, `null` for nothing. */
  readonly trap: Trap | null;
}

/** How long a request may take from the worker to the wire, or from the wire to the server and back, in ms. */
const WIRE_MS_MAX = 2_000;

/** Shuts the gate of a point for several workers. @returns the first that came there in time; the others go on. */
export async function aimAtAll(
  workers: readonly WorkerProcess[],
  options: { readonly point: Point; readonly withinMs: number },
): Promise<Aimed | null> {
  const { point, withinMs } = options;
  const first = Promise.withResolvers<Aimed | null>();
  const hearings = workers.map(async (worker) => {
    worker.ask(point);
    const line = await worker.hear("reached", { withinMs });
    if (line?.kind !== "reached") return;
    first.resolve({ worker, ids: line.ids, trap: null });
  });
  Promise.all(hearings).then(() => first.resolve(null));
  const aimed = await first.promise;
  for (const worker of workers) if (worker !== aimed?.worker) worker.letGo();
  return aimed === null ? null : await underWay(aimed, point);
}

/** Waits until a worker that was started with its aim has come there. */
export async function aimOfStart(
  worker: WorkerProcess,
  withinMs: number,
): Promise<Aimed | null> {
  const line = await worker.hear("reached", { withinMs });
  return line?.kind === "reached" ? { worker, ids: line.ids, trap: null } : null;
}

/** Asks a worker to stop. @returns when it has come to the point on its way, if it did. */
export async function aimAtStop(
  worker: WorkerProcess,
  options: { readonly point: Point; readonly withinMs: number },
): Promise<Aimed | null> {
  const { point, withinMs } = options;
  worker.ask(point);
  worker.ask("stop");
  return await aimOfStart(worker, withinMs);
}

/** Lets a worker that is about to commit send it, and holds it on its way. On SQLite it is held already. */
async function underWay(aimed: Aimed, point: Point): Promise<Aimed | null> {
  const { worker } = aimed;
  if (worker.wire === null || !isUnderWay(point)) return aimed;
  const trap = worker.wire.hold(point.endsWith(".sent") ? "request" : "answer");
  worker.letGo();
  const late = Promise.withResolvers<false>();
  const timer = setTimeout(() => late.resolve(false), WIRE_MS_MAX);
  const isCaught = await Promise.race([trap.caught, late.promise]);
  clearTimeout(timer);
  if (isCaught) return { ...aimed, trap };
  trap.release("deliver");
  return null;
}
