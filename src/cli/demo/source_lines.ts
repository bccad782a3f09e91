/**
 * The lines of our own sources as events, for where there is no long history.
 *
 * @module
 */

import { cutText } from "../../domain/printable.ts";
import type { DemoEvent } from "./demo_event.ts";

/** Where the sources are. Not a folder when this module was loaded from a registry. */
const SOURCES = new URL("../../", import.meta.url);

/** Generated files have longer ones. */
const LINE_LENGTH_MAX = 1_000;

/**
 * Reads lines that are not empty: the first one of every file, then the second one of every file, and so on, as they
 * would come from many writers at once. A file's lines keep their order.
 *
 * @param countMax At most so many.
 * @returns Empty where the sources are not files or must not be read.
 */
export async function readSourceLines(countMax: number): Promise<DemoEvent[]> {
  if (SOURCES.protocol !== "file:") return [];
  try {
    const files = await filesBelow(SOURCES);
    return interleaved(await Promise.all(files.map(linesOf)), countMax);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return [];
    throw error;
  }
}

async function filesBelow(folder: URL): Promise<URL[]> {
  const found: URL[] = [];
  for (const { name, isDirectory } of await Array.fromAsync(Deno.readDir(folder))) {
    if (isDirectory) found.push(...await filesBelow(new URL(`${name}/`, folder)));
    else if (name.endsWith(".ts")) found.push(new URL(name, folder));
  }
  return found.sort((a, b) => a.href < b.href ? -1 : 1);
}

async function linesOf(url: URL): Promise<DemoEvent[]> {
  const file = `src/${url.href.slice(SOURCES.href.length)}`;
  const lines = (await Deno.readTextFile(url)).split("\n");
  return lines.flatMap((text, index) =>
    text.trim() === "" ? [] : [{
      type: "line.written",
      key: file,
      data: { text: cutText(text, LINE_LENGTH_MAX), line: index + 1 },
      idempotencyKey: `${file}:${index + 1}`,
    }]
  );
}

/** Takes one of each list in turn. */
function interleaved<Item>(lists: readonly Item[][], countMax: number): Item[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const taken: Item[] = [];
  for (let row = 0; row < longest && taken.length < countMax; row++) {
    for (const list of lists) {
      const item = list[row];
      if (item !== undefined && taken.length < countMax) taken.push(item);
    }
  }
  return taken;
}
