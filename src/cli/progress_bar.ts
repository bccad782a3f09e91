/**
 * A progress bar on standard error. Loaded only where there is a terminal to show it on, see `progress.ts`.
 *
 * @module
 */

import process from "node:process";
// @ts-types="./demo/cli_progress.d.ts"
import cliProgress from "cli-progress";
import type { SingleBar } from "./demo/cli_progress.d.ts";
import { grouped } from "./shown.ts";

/** Wide enough to see it move, narrow enough for 80 columns with what stands beside it. */
const BAR_CHARACTERS = 24;

/** Often enough to look alive. */
const BAR_FPS = 10;

/** A progress bar, or nothing. Dispose it, so that it leaves the terminal as it was. */
export interface Progress extends Disposable {
  /**
   * Shows how far it is.
   *
   * @param note What else there is to say; printable.
   */
  show(done: number, note: string): void;
}

/** Starts a bar. */
export function startBar(total: number): Progress {
  const bar = newBar();
  bar.start(Math.max(1, total), 0, { note: "" });
  return {
    show: (done, note) => bar.update(done, { note }),
    [Symbol.dispose]: () => bar.stop(),
  };
}

function newBar(): SingleBar {
  return new cliProgress.SingleBar({
    format: "  {bar} {percentage}%  {value}/{total}  {note}",
    barsize: BAR_CHARACTERS,
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    stream: process.stderr,
    fps: BAR_FPS,
    gracefulExit: false,
    formatValue: (value, _, type) => type === "percentage" ? `${value}` : grouped(value),
  });
}
