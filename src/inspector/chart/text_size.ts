/**
 * How much room a text takes. Nothing here knows the reader's fonts, so every width is that of a wide one, DejaVu Sans:
 * text does not run out of its box, whatever it is shown in.
 *
 * @module
 */

import stringWidth from "string-width";

/** A kind of text in a chart. */
export interface TextStyle {
  /** The height of a line, in px. */
  readonly lineHeight: number;
  /** The size of the font, in px. */
  readonly fontSize: number;
  /** How wide letters are beside those of ordinary text; `null` where all are alike, as in fonts for code. */
  readonly weight: number | null;
}

/** The name of a state. */
export const TITLE: TextStyle = { lineHeight: 20, fontSize: 14, weight: 1.12 };

/** What happens in a state. */
export const PROSE: TextStyle = { lineHeight: 15, fontSize: 11.5, weight: 1 };

/** A transition. */
export const CODE: TextStyle = { lineHeight: 17, fontSize: 11, weight: null };

/** Widths of letters, as parts of the size of the font; the first that knows a letter counts. */
const LETTER_WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijlI.,:;'!| ]/, 0.36],
  [/[fjrt()[\]\-/]/, 0.46],
  [/[mwMWO@%&QGD—…]/, 1],
  [/[A-Z]/, 0.76],
  [/[\x20-\x7e]/, 0.645],
  [/./s, 0.8],
];

/** All letters of fonts for code are as wide as this, or less. */
const CODE_WIDTH = 0.605;

/** A sign that takes two columns, such as a Chinese one, is a square. */
const SQUARE_WIDTH = 1.21;

/** How wide a text is at most, in px. */
export function widthOf(text: string, style: TextStyle): number {
  let width = 0;
  for (const letter of text) width += letterWidth(letter, style);
  return Math.ceil(width);
}

/**
 * Breaks a text into lines, between words where that is possible.
 *
 * @param widthMax How wide a line may be, in px; a line has one letter at least.
 */
export function wrapped(
  text: string,
  style: TextStyle,
  { widthMax }: { readonly widthMax: number },
): string[] {
  const lines: string[] = [];
  let line = "";
  const words = text.split(/\s+/).filter((word) => word !== "");
  for (const word of words.flatMap((each) => pieces(each, style, { widthMax }))) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && widthOf(longer, style) > widthMax) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line === "" ? lines : [...lines, line];
}

/** A text that is cut, with a mark, where it would be wider than wanted. */
export function fitted(
  text: string,
  style: TextStyle,
  { widthMax }: { readonly widthMax: number },
): string {
  if (widthOf(text, style) <= widthMax) return text;
  const [first = ""] = pieces(text, style, { widthMax: widthMax - widthOf("…", style) });
  return `${first}…`;
}

function letterWidth(letter: string, { fontSize, weight }: TextStyle): number {
  const columns = stringWidth(letter);
  if (columns === 2) return SQUARE_WIDTH * fontSize;
  if (weight === null) return CODE_WIDTH * fontSize * columns;
  const [, width = 1] = LETTER_WIDTHS.find(([letters]) => letters.test(letter)) ?? [];
  return width * weight * fontSize;
}

/** A text in pieces of so much room at most, of one letter at least. */
function pieces(
  text: string,
  style: TextStyle,
  { widthMax }: { readonly widthMax: number },
): string[] {
  const all: string[] = [];
  let piece = "";
  for (const letter of text) {
    if (piece !== "" && widthOf(piece + letter, style) > widthMax) {
      all.push(piece);
      piece = "";
    }
    piece += letter;
  }
  return piece === "" ? all : [...all, piece];
}
