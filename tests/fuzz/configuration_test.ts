/**
 * Configuration files and variables that nobody meant to write: damaged, made of YAML's own signs, or made to hurt. They
 * are refused by name with their faults, in lines that can be shown, without a value that may be secret; and no text takes
 * longer the longer it repeats itself.
 *
 * @module
 */

import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { interpolate } from "../../src/config/environment.ts";
import { parseConfig } from "../../src/config/load.ts";
import { parseStart } from "../../src/config/start.ts";
import { configYaml } from "../../src/config/yaml_text.ts";
import { CASES } from "../support/cases.ts";
import { anyConfigValues, SPELLINGS, treeOf } from "../support/config_documents.ts";
import { CANARY, damagedText, hostileText } from "../support/hostile.ts";

function attempt(text: string, variables: Readonly<Record<string, string>> = {}) {
  try {
    parseConfig(text, {
      source: "config.yaml",
      base: new URL("file:///srv/app/config.yaml"),
      environment: (name) => Object.hasOwn(variables, name) ? variables[name] : undefined,
    });
    return [];
  } catch (error) {
    assert(error instanceof ConfigurationError, Deno.inspect(error));
    return error.faults;
  }
}

/** Each fault is one line that steers no terminal. */
function assertShowable(faults: readonly string[]): void {
  for (const fault of faults) {
    assert(fault !== "" && fault.length < 5_000, `${fault.length} characters`);
    assertFalse(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(fault), JSON.stringify(fault));
  }
}

/** What YAML is made of. */
const sign = fc.constantFrom(
  ...[
    "- ",
    "? ",
    ": ",
    ":",
    "\n",
    "\n  ",
    "\n    ",
    "\r",
    "\t",
    "|",
    ">",
    "|2-\n",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
  ],
  ...[
    "!x ",
    "%YAML 1.2\n",
    "---\n",
    "...\n",
    "{",
    "}",
    "[",
    "]",
    ",",
    '"',
    "'",
    "#",
    " #",
    "\\",
    "@",
    "`",
    "~",
  ],
  ...[
    "redis_streams",
    "streams",
    "name",
    "group",
    "handler",
    "http",
    "port",
    "retry",
    "a",
    "1",
    "true",
    "${X}",
  ],
);

Deno.test("parseConfig refuses any damage to a file by name, in lines that can be shown", () => {
  const whole = fc.oneof(
    fc.tuple(anyConfigValues, fc.constantFrom(...SPELLINGS)).map(([values, spell]) =>
      spell(treeOf(values))
    ),
    fc.constant(configYaml()),
  );
  const texts = fc.oneof(
    { weight: 3, arbitrary: whole.chain(damagedText) },
    {
      weight: 2,
      arbitrary: fc.array(sign, { maxLength: 40, size: "max" }).map((signs) => signs.join("")),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(whole, fc.array(sign, { maxLength: 6 }), fc.nat()).map(
        ([text, signs, at]) => {
          const from = at % (text.length + 1);
          return text.slice(0, from) + signs.join("") + text.slice(from);
        },
      ),
    },
  );
  fc.assert(fc.property(texts, (text) => assertShowable(attempt(text))), CASES);
});

Deno.test("parseConfig shows no value of the environment, and none that stands under a key that is wrong", () => {
  const cases = fc.record({
    values: anyConfigValues,
    at: fc.nat(),
    where: fc.constantFrom("variable", "default", "key", "list"),
    around: hostileText,
  });
  fc.assert(
    fc.property(cases, ({ values, at, where, around }) => {
      const [path = "", given] = [...values][at % values.size] ?? [];
      const secret = `${CANARY}${around}`.slice(0, 3_000);
      const put = new Map<string, { text: string }>(values);
      if (where === "key") put.set(`${path}_pasword`, { text: secret });
      else if (where === "list") put.set(`${path}_pasword.deep.deeper`, { text: secret });
      else put.set(path, { text: where === "default" ? "${Y:-${X}}" : "a${X}" });
      const faults = attempt(JSON.stringify(treeOf(put)), { X: secret });
      assertShowable(faults);
      assertFalse(JSON.stringify(faults).includes(CANARY), `${path}: ${given?.text}`);
    }),
    CASES,
  );
});

Deno.test("interpolate fills in what a plain reading of a text fills in", () => {
  const piece = fc.constantFrom(
    "${A}",
    "${B:-x}",
    "${C}",
    "$${",
    "${",
    "}",
    "$",
    "a",
    "${A:-",
    "${a-b}",
    "${}",
    ":-",
  );
  const variables: Readonly<Record<string, string>> = { A: "${C}", B: "" };
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
      const text = pieces.join("");
      const filled = interpolate(text, (name) => variables[name]);
      const expected = plainly(text, variables);
      assertEquals("text" in filled ? filled.text : null, expected, text);
    }),
    CASES,
  );
});

/** Character by character. @returns `null` where something is wrong. */
function plainly(text: string, variables: Readonly<Record<string, string>>): string | null {
  let out = "";
  for (let at = 0; at < text.length;) {
    if (text.startsWith("$${", at)) {
      [out, at] = [`${out}\${`, at + 3];
    } else if (text.startsWith("${", at)) {
      const end = text.indexOf("}", at);
      const inside = end === -1 ? "" : text.slice(at + 2, end);
      const split = inside.indexOf(":-");
      const name = split === -1 ? inside : inside.slice(0, split);
      if (!/^[A-Za-z_]\w*$/.test(name)) return null;
      const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
      if (split === -1 && value === undefined) return null;
      out += split === -1 ? value : value || inside.slice(split + 2);
      at = end + 1;
    } else out += text[at++];
  }
  return out;
}

Deno.test("parseStart takes a time only where it is one, to the millisecond", () => {
  const part = (max: number, width = 2) =>
    fc.integer({ min: 0, max }).map((number) => String(number).padStart(width, "0"));
  const times = fc.tuple(
    part(2_100, 4),
    part(14),
    part(32),
    part(25),
    part(61),
    part(61),
    part(999, 3),
  );
  fc.assert(
    fc.property(
      times,
      fc.constantFrom("Z", "+00:00"),
      ([year, month, day, hour, minute, second, ms], zone) => {
        const date = `${year}-${month}-${day}`;
        const text = `${date}T${hour}:${minute}:${second}.${ms}${zone}`;
        const atMs = Date.UTC(
          Number(year),
          Number(month) - 1,
          Number(day),
          Number(hour),
          Number(minute),
          Number(second),
          Number(ms),
        );
        const isReal = Number(year) >= 100 && atMs >= 0 &&
          new Date(atMs).toISOString() === `${date}T${hour}:${minute}:${second}.${ms}Z`;
        const start = parseStart(text);
        if (isReal) assertEquals(start, { fromTimeMs: atMs });
        // Midnight at the end of a day can be written in two ways.
        else if (hour !== "24") assertEquals(start, undefined, text);
      },
    ),
    CASES,
  );
});

Deno.test("no text of a configuration takes long because it repeats itself", () => {
  const repeated = fc.record({
    piece: fc.oneof(sign, hostileText.map((text) => text.slice(0, 20))),
    head: fc.constantFrom(
      "",
      'redis_streams: {redis_url: "',
      "a: ",
      "http: {allowed_hosts: '",
      "- ",
    ),
    tail: fc.constantFrom("", '"}', "'}", "}", "!"),
  });
  fc.assert(
    fc.property(repeated, ({ piece, head, tail }) => {
      const text = head + piece.repeat(Math.ceil(4_000 / Math.max(1, piece.length))) + tail;
      const startedAtMs = performance.now();
      assertShowable(attempt(text, { X: "x" }));
      // What grows with the square of the length takes minutes for a whole file; a loaded machine takes some ms.
      assert(performance.now() - startedAtMs < 2_000, JSON.stringify(piece));
    }),
    { ...CASES, numRuns: Math.ceil(CASES.numRuns / 4) },
  );
});
