/**
 * Tests that the help and the option table say the same.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { configurationHelp } from "../../src/config/help_text.ts";
import { defaultOf, keyOf, rangeOf, sectionOf } from "../../src/config/option.ts";
import { OPTIONS } from "../../src/config/options.ts";
import { run } from "../cli/command_line.ts";

Deno.test("configurationHelp lists every option of the table under its section, in order", () => {
  const [head, more, ...lines] = configurationHelp().split("\n");
  assertEquals(
    [head, more],
    [
      "The configuration, with the default and the range of each option; config.yaml says what",
      "they do:",
    ],
  );
  const listed: string[][] = [];
  let section = "";
  for (const line of lines) {
    const [, indent = "", text = ""] = /^( +)(.*)$/.exec(line) ?? [];
    if (indent.length === 2) section = text;
    else listed.push([section, ...text.split(/ {2,}/)]);
  }
  assertEquals(
    listed,
    OPTIONS.map((option) => [sectionOf(option), keyOf(option), defaultOf(option), rangeOf(option)]),
  );
});

Deno.test("the help of run ends with the list, which help config shows alone, in 100 columns", async () => {
  const list = configurationHelp();
  const [help, alone] = await Promise.all([run(["run", "--help"]), run(["help", "config"])]);
  assertEquals([help.code, help.stderr], [0, ""]);
  assert(help.stdout.endsWith(`\n\n${list}\n`));
  assertEquals(alone, { code: 0, stdout: `${list}\n`, stderr: "" });
  assertEquals(help.stdout.split("\n").filter((line) => line.length > 100), []);
});
