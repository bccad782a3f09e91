/**
 * A temporary folder for one test.
 *
 * @module
 */

/** Runs a test with a folder of its own, which is removed at the end. */
export async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
