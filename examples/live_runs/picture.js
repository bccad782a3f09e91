/**
 * The picture of a run of the kind `mandelbrot`, drawn row by row from its events. A row that is missing stays empty.
 *
 * @module
 */

/** A larger picture is none of ours, in pixels. */
const SIZE_MAX = 4_096;

/** The picture. */
export class Picture {
  #canvas;
  #context;
  #rows = 0;

  /** @param canvas Where to draw; hidden while there is nothing to see. */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    this.clear();
  }

  /** Begins anew. */
  clear() {
    this.#canvas.hidden = true;
    this.#rows = 0;
  }

  /** Draws the row that an event tells; passes over all other events, whatever they hold. */
  take({ type, data }) {
    if (type !== "row.drawn") return;
    const { row, rows, steps } = data ?? {};
    const bytes = bytesOf(steps);
    const fits = Number.isInteger(row) && row >= 0 && row < rows && rows <= SIZE_MAX;
    if (!fits || bytes === null) return;
    // Any row can be the first that is seen.
    if (this.#canvas.hidden) {
      Object.assign(this.#canvas, { width: bytes.length, height: rows, hidden: false });
    }
    this.#draw(row, bytes);
    this.#rows++;
    this.#say();
  }

  #draw(row, bytes) {
    const pixels = this.#context.createImageData(bytes.length, 1);
    for (let column = 0; column < bytes.length; column++) {
      pixels.data.set(colourOf(bytes.charCodeAt(column)), column * 4);
    }
    this.#context.putImageData(pixels, 0, row);
  }

  #say() {
    const { height } = this.#canvas;
    this.#canvas.setAttribute("aria-label", `Picture: ${this.#rows} of ${height} rows are drawn`);
  }
}

/** What base64 says, as a text of one character for each byte. @returns `null` for what is no row. */
function bytesOf(text) {
  try {
    const bytes = typeof text === "string" ? atob(text) : "";
    return bytes.length > 0 && bytes.length <= SIZE_MAX ? bytes : null;
  } catch {
    return null;
  }
}

/** From deep blue over gold to white, as water and light; what never leaves is the night. */
function colourOf(steps) {
  if (steps >= 255) return [10, 14, 30, 255];
  const depth = Math.sqrt(steps / 255);
  const wave = (shift) => 0.5 - 0.5 * Math.cos(Math.PI * 2 * (depth * 1.6 + shift));
  return [255 * wave(0.02), 40 + 200 * wave(0.1), 90 + 150 * wave(0.28), 255].map(Math.round);
}
