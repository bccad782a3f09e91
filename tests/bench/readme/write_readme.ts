/**
 * Writes the figures of a run into the README.
 *
 * @module
 */

import { lookAtMachine } from "../machine.ts";
import { type Found, speedText, withSpeed } from "./speed_table.ts";

const README = new URL("../../../README.md", import.meta.url);

/** Writes. @throws {Error} When something was not measured, or the README has no place for it. */
export async function writeReadme(found: Found): Promise<void> {
  const day = new Date().toISOString().slice(0, "2026-11-21".length);
  const text = speedText(found, { ...await lookAtMachine(), day });
  await Deno.writeTextFile(README, withSpeed(await Deno.readTextFile(README), text));
}
