/**
 * Names and texts of a machine as Mermaid takes them: states get names that are no words of its language, and what could
 * end a text becomes an entity.
 *
 * @module
 */

import { cutText, escapeUnprintable } from "../../domain/printable.ts";
import type { Chart } from "./chart.ts";

/** Words that Mermaid's state diagrams read as their own. */
const RESERVED =
  /^(state|note|end|as|direction|class|classDef|style|default|hide|scale|left|right|of|click|href|fork|join|choice|TB|BT|LR|RL|root|accTitle|accDescr|stateDiagram.*|root_.*)$/i;

/** What means something to Mermaid, or to the page that it makes. */
const SPECIAL = /[#;:"'`<>&{}%\\*_~|]|--|\[\*\]/g;

/**
 * A name for every state: its key where that is plain and the only one, otherwise a numbered one.
 *
 * @returns Names by the states' ids; no two are alike.
 */
export function mermaidNames(chart: Chart): Map<string, string> {
  const keys = chart.states.filter(({ parent }) => parent !== null).map(({ key }) => key);
  // Mermaid keeps states in plain objects: it stumbles over a state that is called like a member of every object.
  const isPlain = (key: string) =>
    /^[A-Za-z][A-Za-z0-9]*$/.test(key) && !RESERVED.test(key) && !(key in Object.prototype);
  const taken = new Set(keys);
  let number = 0;
  const numbered = (): string => {
    do number++; while (taken.has(`s${number}`));
    return `s${number}`;
  };
  const seen = new Set<string>();
  return new Map(chart.states.map(({ id, key, parent }) => {
    const isOwn = parent !== null && isPlain(key) && !seen.has(key);
    seen.add(key);
    return [id, isOwn ? key : numbered()];
  }));
}

/** Longer texts cover the drawing. */
const LENGTH_MAX = 120;

/** A text of unknown origin on one line, with entities for what Mermaid would read as its own. */
export function mermaidText(text: string): string {
  return escapeUnprintable(cutText(text, LENGTH_MAX)).replace(SPECIAL, (part) => {
    if (part === "_" || part === "*") return part;
    return [...part].map((letter) => `#${letter.codePointAt(0)};`).join("");
  });
}
