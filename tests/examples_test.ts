/**
 * Every example, run by the commands of its own opening comment, prints what its last lines say. So an example shows
 * what really happens, with no more permissions than it needs.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { allowsEverything, parseCommand, runCommand } from "./support/documented_command.ts";
import { copyRepository } from "./support/repository_copy.ts";

/** What an example says of itself. */
interface Claims {
  /** Its commands, in order. The last one prints. */
  readonly commands: readonly string[];
  /** What is printed. */
  readonly prints: string;
}

function claimsOf(text: string): Claims {
  const comment = /^\/\*\*\n([^]*?)\*\//.exec(text)?.[1] ?? "";
  const commands = [...comment.matchAll(/^ \* {3}(\S.*)$/gm)].map((match) => match[1] ?? "");
  const prints = /\n\/\/ Prints:\n((?:\/\/.*\n)+)$/.exec(text)?.[1] ?? "";
  return { commands, prints: prints.replace(/^\/\/ ?/gm, "") };
}

/** Of the examples that are folders, the program that says what they are. */
const PROGRAMS: Readonly<Record<string, string>> = {
  live_runs: "live_runs/main.ts",
  many_consumers: "many_consumers/publish.ts",
  testing_a_handler: "testing_a_handler/main.ts",
};

const EXAMPLES = [...Deno.readDirSync(new URL("../examples/", import.meta.url))]
  .map(({ name }) => name)
  .toSorted();

Deno.test("there is an example for everything that the README names", () => {
  assertEquals(EXAMPLES, [
    "cpu_bound_work.ts",
    "exactly_once_pipeline.ts",
    "first_consumer.ts",
    "first_handler.ts",
    "idempotent_http_effect.ts",
    "live_runs",
    "many_consumers",
    "own_tables.ts",
    "payload_schema.ts",
    "retry_and_dead_letters.ts",
    "testing_a_handler",
  ]);
});

for (const name of EXAMPLES) {
  Deno.test(`examples/${name} prints what it says`, async () => {
    await using place = await copyRepository();
    const cwd = place.repository;
    const { commands, prints } = claimsOf(
      await Deno.readTextFile(`${cwd}/examples/${PROGRAMS[name] ?? name}`),
    );
    assert(commands.length > 0 && prints !== "", "it says no command, or not what it prints");
    let stdout = "";
    for (const line of commands) {
      const command = parseCommand(line);
      assert(!allowsEverything(command), line);
      const goesOn = command.comment === "Ctrl-C ends it";
      const result = await runCommand(command, {
        cwd,
        ...(goesOn ? { until: (printed) => printed.length >= prints.length } : {}),
      });
      assertEquals(result.code, 0, result.stderr);
      stdout = result.stdout;
    }
    assertMatch(commands.join("\n"), name === "first_handler.ts" ? /config\.yaml/ : RegExp(name));
    assertEquals(stdout, prints);
  });
}
