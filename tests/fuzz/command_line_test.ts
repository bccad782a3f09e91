/**
 * Command lines that nobody meant to type, and lines of events that nobody meant to pipe in: each gets an exit code and
 * plain words, never a stack, an error of the language itself, a sign that steers a terminal, or a secret.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { boundArgument, startArgument, wholeNumber } from "../../src/cli/arguments.ts";
import { InputError, readArguments, UsageError } from "../../src/cli/command.ts";
import { parseLine, readLines } from "../../src/cli/json_lines.ts";
import { encodeEvent } from "../../src/domain/event.ts";
import { isEntryId } from "../../src/domain/entry_id.ts";
import { InvalidEventError } from "../../src/domain/event_errors.ts";
import { runHere } from "../cli/in_process.ts";
import { CASES, fewerCases } from "../support/cases.ts";
import { CANARY, damagedBytes, damagedText, hostileJson, hostileText } from "../support/hostile.ts";

/** Where nothing is: whatever a command may do, it does not get far. */
const NOWHERE = ["--config=/tmp/tidemark-none/c.yaml", "--url=sqlite:/tmp/tidemark-none/x.db"];

const COMMANDS = [
  ...["status", "explain", "streams", "groups orders", "pending orders billing", "inspect", "run"],
  ...["checkpoint show", "checkpoint reset", "dead-letters list", "dead-letters show"],
  ...[
    "dead-letters replay",
    "dead-letters drop",
    "runs list",
    "runs show",
    "runs tail",
    "runs cancel",
  ],
  ...[
    "runs delete",
    "tail orders",
    "replay orders",
    "checkpoint",
    "dead-letters",
    "runs",
    "help",
    "stauts",
  ],
];

const OPTIONS = [
  ...[
    "--json",
    "--limit",
    "--from",
    "--to",
    "--into",
    "--yes",
    "--force",
    "--all",
    "--kind",
    "--port",
  ],
  ...[
    "--consumer",
    "--min-idle",
    "--type",
    "--key",
    "--fields",
    "--watch",
    "--reason",
    "--help",
    "-h",
  ],
  ...[
    "--limt",
    "--",
    "-",
    "-x",
    "--=",
    "--json=1",
    "--limit=",
    "--no-json",
    "--__proto__",
    "--url",
    "-abc",
  ],
];

const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...OPTIONS) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("orders", "billing", "1-0", "beginning", "10", "2026-01-31T12:00Z"),
  },
  { weight: 3, arbitrary: hostileText },
  { weight: 1, arbitrary: hostileText.map((text) => `--limit=${text}`) },
);

Deno.test("the command line answers anything with an exit code and plain words", async () => {
  const typed = fc.record({
    command: fc.oneof(fc.constantFrom(...COMMANDS), hostileText),
    where: fc.constantFrom(...NOWHERE, `--url=${CANARY}`, `--url=redis:${CANARY}@`),
    words: fc.array(word, { maxLength: 5 }),
  });
  await fc.assert(
    fc.asyncProperty(typed, async ({ command, where, words }) => {
      const [name = "", ...rest] = command.split(" ");
      // An argument of a process ends at a NUL.
      const args = [name, ...rest, where, ...words].map((each) => each.replaceAll("\0", ""));
      const { code, stdout, stderr } = await runHere(args);
      assert([0, 1, 2].includes(code), `${code}`);
      assertEquals(code === 0, stderr === "");
      const told = stdout + stderr;
      assertFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(told.replaceAll("\n", "")), told);
      assertFalse(
        /^\s+at |\b(Type|Range|Syntax|Reference|URI|Assertion)?Error: /m.test(told),
        told,
      );
      assertFalse(told.includes(CANARY), told);
    }),
    fewerCases(2),
  );
});

Deno.test("readArguments reads or refuses any words, and never takes a value for what it is not", () => {
  const table = {
    json: { type: "boolean", default: false },
    limit: { type: "string" },
  } as const;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (words) => {
      try {
        const { values, positionals } = readArguments(words, table);
        assertEquals(typeof values.json, "boolean");
        assert(values.limit === undefined || typeof values.limit === "string");
        assert(positionals.every((each) => words.includes(each)));
        assertEquals(Object.keys(values).filter((key) => !Object.hasOwn(table, key)), []);
      } catch (error) {
        assert(error instanceof UsageError, String(error));
      }
    }),
    CASES,
  );
});

Deno.test("numbers, starts and bounds are read in one spelling, or refused", () => {
  const bounds = { min: 1, max: 1_000 };
  const digits = fc.oneof(fc.integer().map(String), fc.stringMatching(/^\d{1,5}$/));
  const texts = fc.oneof(hostileText, digits, digits.chain(damagedText));
  fc.assert(
    fc.property(texts, (text) => {
      const attempt = <Value>(read: () => Value): Value | undefined => {
        try {
          return read();
        } catch (error) {
          assert(error instanceof UsageError);
          return undefined;
        }
      };
      const number = attempt(() => wholeNumber("limit", text, bounds));
      const isOne = /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 1_000;
      assertEquals(number, isOne ? Number(text) : undefined);
      const from = attempt(() => boundArgument("from", text));
      assert(from === undefined || isEntryId(from));
      attempt(() => startArgument("from", text));
    }),
    CASES,
  );
});

const LINES = [
  '{"type":"order.placed","data":{"total":1},"key":"ann","headers":{"a":"b"},"idempotencyKey":"k"}',
  '{"type":"é","data":"水"}',
  "",
];

/** What is read of bytes that come in pieces: events and, where it ends early, why. */
async function read(pieces: readonly Uint8Array[]) {
  const numbers: number[] = [];
  const events: unknown[] = [];
  try {
    for await (const lines of readLines(ReadableStream.from(pieces))) {
      for (const line of lines) {
        numbers.push(line.number);
        const event = parseLine(line);
        events.push(event);
        encodeEvent(event);
      }
    }
    return { numbers, events, fault: null };
  } catch (error) {
    assert(error instanceof InputError || error instanceof InvalidEventError, String(error));
    return { numbers, events, fault: error.message };
  }
}

Deno.test("lines of events are read the same however their bytes are cut, and refused by the number of the line", async () => {
  const line = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...LINES) },
    { weight: 1, arbitrary: damagedText(LINES[0] ?? "") },
    { weight: 1, arbitrary: hostileJson.map((value) => JSON.stringify(value)) },
  );
  const input = fc.array(line, { maxLength: 6 }).chain((lines) => {
    const bytes = new TextEncoder().encode(lines.join("\n"));
    return fc.oneof(
      { weight: 3, arbitrary: fc.constant(bytes) },
      { weight: 1, arbitrary: damagedBytes(bytes) },
    );
  });
  await fc.assert(
    fc.asyncProperty(input, fc.array(fc.nat(), { maxLength: 6 }), async (bytes, cuts) => {
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) =>
        a - b
      );
      const pieces = ends.map((end, index) => bytes.slice(ends[index - 1] ?? 0, end));
      const whole = await read([bytes]);
      assertEquals(await read(pieces), whole);
      assert(
        whole.fault === null || /^(Line \d+: |Cannot publish event: )/.test(whole.fault),
        whole.fault ?? "",
      );
      assertEquals(whole.numbers, whole.numbers.toSorted((a, b) => a - b));
    }),
    CASES,
  );
});
