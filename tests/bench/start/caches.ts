/**
 * What Deno keeps between two starts, packages and compiled code, in folders of our own: those of this machine's user are
 * used by others at the same time.
 *
 * @module
 */

/** How much Deno has kept of an earlier start: everything, packages without compiled code, or nothing. */
export type CacheState = "warm" | "packages only" | "empty";

/** What is in a cache when nothing is compiled. */
const PACKAGES = "npm";

/** Folders for `DENO_DIR`. */
export interface Caches extends AsyncDisposable {
  /** A folder in that state; one that is warm or has packages must have been used once before that is true. */
  directoryFor(state: CacheState): Promise<string>;
}

/** Makes them; they are gone at the end. */
export async function openCaches(): Promise<Caches> {
  const top = await Deno.makeTempDir({ prefix: "tidemark-deno-dir-" });
  return {
    async directoryFor(state) {
      const path = `${top}/${state.replace(" ", "-")}`;
      await Deno.mkdir(path, { recursive: true });
      if (state !== "warm") await removeAll(path, state === "empty" ? [] : [PACKAGES]);
      return path;
    },
    [Symbol.asyncDispose]: () => Deno.remove(top, { recursive: true }),
  };
}

async function removeAll(folder: string, kept: readonly string[]): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!kept.includes(name)) await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
}
