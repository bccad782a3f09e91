/**
 * Texts of unknown origin inside of XML.
 *
 * @module
 */

import { escapeUnprintable } from "../../domain/printable.ts";

/** The last two code points, which XML forbids; the other ones that it forbids cannot be printed either. */
const FORBIDDEN = /[\ufffe\uffff]/g;

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Escapes a text for the inside of an element or of an attribute in quotes. */
export function escapeXml(text: string): string {
  return escapeUnprintable(text)
    .replace(FORBIDDEN, "\ufffd")
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
