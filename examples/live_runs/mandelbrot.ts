/**
 * A kind of run whose work can be seen: it draws a part of the Mandelbrot set, one event for each row of pixels. So what is
 * missing in a page, or comes twice, is seen in its picture.
 *
 * @module
 */

import { setTimeout as wait } from "node:timers/promises";
import { defineRun, type RunContext } from "@tidemark/tidemark";

/** What to draw, and how fast. */
interface Wish {
  /** A name of {@linkcode PLACES}. */
  readonly place: string;
  /** Rows per second, 1 to 1,000. */
  readonly speed: number;
}

const WIDTH = 320;
const HEIGHT = 200;

/** A pixel that takes more steps is one of the set; one byte tells how many it took. */
const STEPS_MAX = 255;

/** Where to look: the middle, and how much of the plane fits into the width. */
const PLACES: Readonly<Record<string, { x: number; y: number; span: number }>> = {
  whole: { x: -0.65, y: 0, span: 3.6 },
  seahorses: { x: -0.7445, y: 0.1235, span: 0.02 },
  elephants: { x: 0.285, y: 0.0115, span: 0.022 },
};

/** The kind `mandelbrot`. */
export const mandelbrot = defineRun({
  kind: "mandelbrot",
  async start(ctx: RunContext, input: unknown): Promise<void> {
    const { place, speed } = wishOf(input);
    ctx.emit("picture.begun", { place });
    for (let row = 0; row < HEIGHT; row++) {
      // Rejects when the run is cancelled, which ends it.
      await wait(1_000 / speed, undefined, { signal: ctx.signal });
      ctx.emit("row.drawn", { row, rows: HEIGHT, steps: stepsOf(place, row).toBase64() });
    }
    ctx.emit("picture.finished", { rows: HEIGHT });
  },
});

/** Input comes from outside, so it is checked; what does not fit fails the run with these words as its reason. */
function wishOf(input: unknown): Wish {
  const given: Record<string, unknown> = { place: "whole", speed: 10, ...Object(input) };
  const { place, speed } = given;
  if (typeof place !== "string" || !Object.hasOwn(PLACES, place)) {
    throw new Error(`Cannot draw: the place must be one of ${Object.keys(PLACES).join(", ")}`);
  }
  if (typeof speed !== "number" || !(speed >= 1 && speed <= 1_000)) {
    throw new Error("Cannot draw: the speed must be 1 to 1000 rows per second");
  }
  return { place, speed };
}

/** How many steps each pixel of a row takes to leave, one byte each. */
function stepsOf(place: string, row: number): Uint8Array {
  const { x, y, span } = PLACES[place] ?? { x: 0, y: 0, span: 4 };
  const pixel = span / WIDTH;
  const imaginary = y + (row - HEIGHT / 2) * pixel;
  return Uint8Array.from({ length: WIDTH }, (_, column) => {
    const real = x + (column - WIDTH / 2) * pixel;
    let [a, b, steps] = [0, 0, 0];
    while (a * a + b * b <= 4 && steps < STEPS_MAX) {
      [a, b] = [a * a - b * b + real, 2 * a * b + imaginary];
      steps++;
    }
    return steps;
  });
}
