/**
 * The matrix: every fault at every point, several times, on a few servers side by side. Cells wait far more than they
 * work.
 *
 * @module
 */

import { type RedisServer, startRedisServer } from "../../support/redis_server.ts";
import { type CellOptions, type CellResult, runCell } from "./cell.ts";
import { FAULTS, isDistinct, type NetworkFault } from "./fault.ts";
import { type Point, POINTS } from "./point.ts";
import type { Deadlines } from "./promises.ts";
import { defectsOf } from "./verdict.ts";

/** What to run. */
export interface MatrixOptions {
  readonly seed: number;
  /** How often each cell is run: in turn with all strikes, with one strike, and with a stop under the fault. */
  readonly repeats: number;
  /** Cells side by side. */
  readonly lanes: number;
  /** Of the brokers; `null` for those of `connect`. */
  readonly deadlines: Deadlines | null;
  /** Told of every cell. */
  readonly onCell: (judged: JudgedCell) => void;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** A cell and everything that is wrong with it. */
export interface JudgedCell {
  readonly result: CellResult;
  readonly defects: readonly string[];
}

/** What is struck where. */
export interface CellPlan {
  readonly fault: NetworkFault;
  readonly point: Point;
}

/** The name of a cell. */
export function cellName({ fault, point }: CellPlan): string {
  return `${fault.name} at ${point.name}`;
}

/** All cells, or those with a part of a name, such as `half-open at heartbeat`. */
export function plannedCells(only: string | null): CellPlan[] {
  return FAULTS.flatMap((fault) => POINTS.map((point) => ({ fault, point })))
    .filter(({ fault, point }) => isDistinct(fault, point))
    .filter((cell) => only === null || cellName(cell).includes(only));
}

/** Runs the matrix. */
export async function runMatrix(
  cells: readonly CellPlan[],
  options: MatrixOptions,
): Promise<JudgedCell[]> {
  const { repeats, seed, lanes, deadlines, onCell, signal } = options;
  const waiting = cells.flatMap((cell, at) =>
    Array.from({ length: repeats }, (_, repeat): Omit<CellOptions, "server"> => ({
      ...cell,
      prefix: `chaos-${at}-${repeat}`,
      seed: seed + at * repeats + repeat,
      deadlines,
      ...manner(repeat),
    }))
  );
  const judged: JudgedCell[] = [];
  async function lane(): Promise<void> {
    await using server: RedisServer = await startRedisServer();
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      signal.throwIfAborted();
      const result = await runCell({ ...cell, server });
      const each = { result, defects: defectsOf(result) };
      judged.push(each);
      onCell(each);
    }
  }
  await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, lane));
  return judged;
}

function manner(repeat: number): Pick<CellOptions, "times" | "stopsOne"> {
  return { times: repeat % 3 === 1 ? 1 : Infinity, stopsOne: repeat % 3 === 2 };
}
