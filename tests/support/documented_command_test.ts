/**
 * Tests of how commands in documents are read.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { allowsEverything, parseCommand } from "./documented_command.ts";

Deno.test("parseCommand reads words, quotes, input and comment", () => {
  const story = [
    ["deno run -P mod.ts run", ["deno", "run", "-P", "mod.ts", "run"], undefined, undefined, ""],
    [`deno run "a b" c#d  # e 'f`, ["deno", "run", "a b", "c#d"], undefined, undefined, "e 'f"],
    [`echo '{"a": "#"}' | deno run x.ts`, ["deno", "run", "x.ts"], '{"a": "#"}\n', undefined, ""],
    ["deno run x.ts < in.jsonl # c", ["deno", "run", "x.ts"], undefined, "in.jsonl", "c"],
  ] as const;
  for (const [line, words, input, inputFile, comment] of story) {
    const read = parseCommand(line);
    assertEquals([read.words, read.input, read.inputFile, read.comment], [
      words,
      input,
      inputFile,
      comment,
    ]);
  }
  assertThrows(() => parseCommand("cat a b | deno run x.ts"));
});

Deno.test("allowsEverything finds every spelling", () => {
  const found = ["-A", "--allow-all", "-qA", "-P", "--allow-read", "A", "--allow-net=A"]
    .map((flag) => allowsEverything(parseCommand(`deno run ${flag} x.ts`)));
  assertEquals(found, [true, true, true, false, false, false, false]);
});
