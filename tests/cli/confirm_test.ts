/**
 * Tests of asking before something is done that cannot be taken back.
 *
 * @module
 */

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/command.ts";
import { type Asked, checkCanAsk, confirmed } from "../../src/cli/confirm.ts";

/** Somebody who types this; `null` closes the input. */
function typing(text: string | null, isTerminal = true): Asked & { asked: number } {
  return {
    asked: 0,
    isTerminal: () => isTerminal,
    readSync(bytes) {
      this.asked++;
      if (text === null) return null;
      return new TextEncoder().encodeInto(text, bytes).written;
    },
  };
}

/** Runs without writing the question. */
function quietly<Result>(work: () => Result): { result: Result; said: string } {
  const { writeSync } = Deno.stderr;
  let said = "";
  Deno.stderr.writeSync = (bytes) => {
    said += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  try {
    return { result: work(), said };
  } finally {
    Deno.stderr.writeSync = writeSync;
  }
}

Deno.test("confirmed takes yes for yes and everything else for no", () => {
  const answers = ["yes\n", "y\n", " YES \r\n", "no\n", "\n", "yes please\n", "", null];
  const results = answers.map((text) => {
    return quietly(() => confirmed("All of it.", false, typing(text))).result;
  });
  assertEquals(results, [true, true, true, false, false, false, false, false]);
});

Deno.test("confirmed shows the question on standard error, and does not ask after --yes", () => {
  const no = quietly(() => confirmed('Group "\u001b[31m" goes.', false, typing("n\n")));
  assertEquals(
    no.said,
    'Group "\\u001b[31m" goes.\nType yes to do it, anything else to leave everything as it is:\n' +
      "Nothing was changed\n",
  );
  const asked = typing("n\n");
  const yes = quietly(() => confirmed("All of it.", true, asked));
  assertEquals([yes.result, yes.said, asked.asked], [true, "", 0]);
});

Deno.test("checkCanAsk wants a terminal or --yes", () => {
  checkCanAsk(true, typing(null, false));
  checkCanAsk(false, typing(null, true));
  assertThrows(
    () => checkCanAsk(false, typing(null, false)),
    UsageError,
    "there is no terminal, add --yes",
  );
});
