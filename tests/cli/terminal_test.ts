/**
 * Notes to whoever called, where there is nobody to take them.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { main } from "../../src/cli/main.ts";
import { writeNote } from "../../src/cli/terminal.ts";

/** Runs something with a standard error that takes nothing, as one on a full disk or of a terminal that was closed. */
async function withoutStandardError<Result>(work: () => Result): Promise<Awaited<Result>> {
  const { writeSync } = Deno.stderr;
  Deno.stderr.writeSync = () => {
    throw new Error("No space left on device (os error 28)");
  };
  try {
    return await work();
  } finally {
    Deno.stderr.writeSync = writeSync;
  }
}

Deno.test("writeNote throws nothing where standard error takes nothing", async () => {
  await withoutStandardError(() => writeNote("Stopping"));
});

Deno.test("main tells by its exit code what it cannot tell in words", async () => {
  assertEquals(await withoutStandardError(() => main(["no-such-command"])), 2);
  assertEquals(await withoutStandardError(() => main([])), 2);
});
