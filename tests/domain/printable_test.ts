/**
 * Tests that a text of unknown origin is shown as one line, without secrets.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import {
  cutText,
  escapeUnprintable,
  printable,
  withoutSecrets,
} from "../../src/domain/printable.ts";

Deno.test("escapeUnprintable writes out what could be taken for more than a character", () => {
  const story = [
    ["plain, äöü, 日本, 👍", "plain, äöü, 日本, 👍"],
    ["a\r\n\tb", "a\\r\\n\\tb"],
    ["\u001b[31mred\u009b", "\\u001b[31mred\\u009b"],
    ["a\u202eb\u200fc\u2028d\u2029", "a\\u202eb\\u200fc\\u2028d\\u2029"],
    ["\u{e0001}", "\\udb40\\udc01"],
    ["half \ud83d", "half \\ud83d"],
  ] as const;
  assertEquals(story.map(([text]) => escapeUnprintable(text)), story.map(([, shown]) => shown));
});

Deno.test("escapeUnprintable leaves JSON what it means", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const shown = escapeUnprintable(JSON.stringify(text));
    assertEquals(JSON.parse(shown), text);
    assertFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(shown));
  }));
});

Deno.test("withoutSecrets hides who logs in where, and what is named a secret", () => {
  const story = [
    ["redis://me:can/a@ry@host:1/0 is away", "redis://***@host:1/0 is away"],
    ['see "https://user@host/x" and http://host/@x', 'see "https://***@host/x" and http://***@x'],
    ["password=canary next", "password=*** next"],
    ['{"token": "canary", "a": 1}', '{"token": ***, "a": 1}'],
    ['{\\"api_key\\":\\"canary\\"}', '{\\"api_key\\":***}'],
    ["SECRET: 'ca nary'; passwd=x&a=b", "SECRET: ***; passwd=***&a=b"],
    ["no secret here, pass on", "no secret here, pass on"],
  ] as const;
  assertEquals(story.map(([text]) => withoutSecrets(text)), story.map(([, shown]) => shown));
});

Deno.test("cutText keeps to its bound, marks the cut and halves no character", () => {
  assertEquals(
    [
      cutText("abc", 3),
      cutText("abcd", 3),
      cutText("a👍b", 3),
      cutText("👍👍", 3),
      cutText("ab", 1),
    ],
    ["abc", "ab…", "a…", "👍…", "…"],
  );
  const bound = fc.integer({ min: 1, max: 20 });
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), bound, (text, lengthMax) => {
    const cut = cutText(text, lengthMax);
    assert(cut.length <= lengthMax && cut.isWellFormed());
    assertEquals(cut === text, text.length <= lengthMax);
  }));
});

Deno.test("printable hides a secret before it cuts, and cuts before it escapes", () => {
  assertEquals(printable("redis://me:canary@host\n", 18), "redis://***@host\\n");
  assertEquals(printable("at redis://me:canary@host", 15), "at redis://***…");
  assertEquals(printable("\n\n\n\n", 3), "\\n\\n…");
});
