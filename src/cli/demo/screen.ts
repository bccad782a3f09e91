/**
 * What people see of the demo: lines, and a progress bar. On a terminal the bar moves; elsewhere there is a line for
 * every quarter.
 *
 * @module
 */

import process from "node:process";
// @ts-types="./cli_progress.d.ts"
import cliProgress from "cli-progress";
import { writeNote, writeResult } from "../terminal.ts";
import type { SingleBar } from "./cli_progress.d.ts";

/** How far it is. */
export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Who did how much. */
  readonly note: string;
}

/** Wide enough to see it move, narrow enough for 80 columns with what stands beside it. */
const BAR_CHARACTERS = 24;

/** Often enough to look alive. */
const BAR_FPS = 20;

/** Elsewhere than on a terminal, a line is written at each of these parts of the whole. */
const PARTS = 4;

const CODES = { red: 31, green: 32 };

/** The screen. Dispose it, so that the bar leaves the terminal as it was. */
export class Screen implements Disposable {
  readonly #name: "stdout" | "stderr";
  readonly #isTerminal: boolean;
  #bar: SingleBar | null = null;
  #partTold = 0;

  /** @param name Where to write: to standard error when standard output is for a program. */
  constructor(name: "stdout" | "stderr") {
    this.#name = name;
    this.#isTerminal = Deno[name].isTerminal();
  }

  /** Writes a line. A bar above it stays as it was last. */
  say(line: string): void {
    this[Symbol.dispose]();
    if (this.#name === "stdout") writeResult(line);
    else writeNote(line);
  }

  /** Writes a line that stands out. */
  shout(line: string, colour: keyof typeof CODES): void {
    const isPlain = !this.#isTerminal || Deno.noColor || this.#name === "stderr";
    this.say(isPlain ? line : `\u001b[1;${CODES[colour]}m${line}\u001b[0m`);
  }

  /** Shows how far it is. */
  show({ done, total, note }: Progress): void {
    if (!this.#isTerminal) {
      const part = Math.floor(PARTS * done / total);
      if (part > this.#partTold) this.say(`  ${grouped(done)} of ${grouped(total)}  ${note}`);
      this.#partTold = part;
      return;
    }
    this.#bar ??= this.#startBar(total, { done, note });
    this.#bar.update(done, { note });
  }

  /** Ends the bar, if there is one. */
  [Symbol.dispose](): void {
    this.#bar?.stop();
    this.#bar = null;
  }

  #startBar(total: number, first: { readonly done: number; readonly note: string }): SingleBar {
    const bar = new cliProgress.SingleBar({
      format: "  {bar} {percentage}%  {value}/{total}  {note}",
      barsize: BAR_CHARACTERS,
      barCompleteChar: "\u2588",
      barIncompleteChar: "\u2591",
      stream: process[this.#name],
      fps: BAR_FPS,
      gracefulExit: false,
      formatValue: (value, _, type) => type === "percentage" ? `${value}` : grouped(value),
    });
    bar.start(total, first.done, { note: first.note });
    return bar;
  }
}

/** A number for people. */
export function grouped(value: number): string {
  return value.toLocaleString("en");
}
