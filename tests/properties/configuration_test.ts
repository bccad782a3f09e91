/**
 * Configurations of chance, made from the option table: however a file spells it, it says the same; a value of the
 * environment beats that of the file, which beats the default; and one wrong value is one fault that names its place.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import type { Config } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { consumerNames } from "../../src/config/consumers.ts";
import { parseConfig } from "../../src/config/load.ts";
import { configFor, type OperatorWish } from "../../src/config/operator_wish.ts";
import { type Option, wantedOf } from "../../src/config/option.ts";
import { OPTIONS } from "../../src/config/options.ts";
import { CASES } from "../support/cases.ts";
import {
  anyConfigValues,
  anyValueOf,
  type ConfigValues,
  SPELLINGS,
  treeOf,
} from "../support/config_documents.ts";
import { hostileName, hostileText } from "../support/hostile.ts";

const spelling = fc.constantFrom(...SPELLINGS);

function parse(text: string, variables: Readonly<Record<string, string>> = {}): Config {
  return parseConfig(text, {
    source: "config.yaml",
    base: new URL("file:///srv/app/config.yaml"),
    environment: (name) => Object.hasOwn(variables, name) ? variables[name] : undefined,
  });
}

/** Options that come out as they were written, and not as a module, a start or a list. */
const TRANSFORMED = /handler$|start$|codec$|module$|external$|allowed_(hosts|origins)$/;

/** What a configuration says at a path of the file. */
function valueAt(config: Config, path: string): unknown {
  let value: unknown = config;
  for (const part of path.split(/\.|(?=\[)/)) {
    const name = part.startsWith("[")
      ? part.slice(1, -1)
      : part.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    value = Object(value)[name];
  }
  return value;
}

/** A text as its option is read. */
function meant({ kind }: Option, text: string): unknown {
  if (kind === "flag") return text === "true";
  return kind === "integer" || kind === "decimal" ? Number(text) : text.replaceAll("$${", "${");
}

Deno.test("parseConfig reads what a valid file says, and the default of what it does not say", () => {
  fc.assert(
    fc.property(anyConfigValues, spelling, (values, spell) => {
      const config = parse(spell(treeOf(values)));
      for (const [path, { option, text }] of values) {
        if (!TRANSFORMED.test(path)) assertEquals(valueAt(config, path), meant(option, text), path);
      }
      for (const option of OPTIONS) {
        const { path } = option;
        if (path.includes("[]") || values.has(path) || TRANSFORMED.test(path)) continue;
        assertEquals(valueAt(config, path), option.default, path);
      }
    }),
    CASES,
  );
});

Deno.test("parseConfig reads the same from every spelling of a file", () => {
  fc.assert(
    fc.property(anyConfigValues, (values) => {
      const tree = treeOf(values);
      const [first, ...others] = SPELLINGS.map((spell) => parse(spell(tree)));
      for (const other of others) assertEquals(other, first);
    }),
    { ...CASES, numRuns: Math.ceil(CASES.numRuns / 5) },
  );
});

Deno.test("a variable that is set beats what the file says for it, which beats what is left out", () => {
  const cases = anyConfigValues.chain((values) => {
    const [...entries] = values;
    return fc.record({
      values: fc.constant(values),
      entry: fc.constantFrom(...entries),
      spell: spelling,
    });
  }).chain((given) => fc.record({ ...constants(given), other: anyValueOf(given.entry[1].option) }));
  fc.assert(
    fc.property(cases, ({ values, entry: [path, { option, text }], other, spell }) => {
      const written = (text: string) =>
        spell(treeOf(new Map<string, { text: string }>(values).set(path, { text })));
      // A default in a variable ends at the first brace.
      fc.pre(!/[}$]/.test(text) && !/[}$]/.test(other));
      const plain = parse(written(text));
      assertEquals(parse(written(`\${X:-${text}}`)), plain);
      assertEquals(parse(written(`\${X:-${text}}`), { X: "" }), plain);
      assertEquals(parse(written("${X}"), { X: text }), plain);
      // What is set may not go with the rest of the file; then it is refused, and never passed over.
      const beaten = (text: string, variables: Record<string, string>) => {
        try {
          return valueAt(parse(written(text), variables), path);
        } catch (error) {
          assert(error instanceof ConfigurationError);
          return error.faults.map((fault) => fault.slice(0, fault.indexOf(":")));
        }
      };
      assertEquals(beaten(`\${X:-${text}}`, { X: other }), beaten(other, {}), option.path);
    }),
    CASES,
  );
});

function constants<Value extends object>(
  value: Value,
): { [Key in keyof Value]: fc.Arbitrary<Value[Key]> } {
  const made = Object.entries(value).map(([key, each]) => [key, fc.constant(each)]);
  return Object.fromEntries(made);
}

/** Texts that an option does not take. */
function anyWrong(option: Option): fc.Arbitrary<string> {
  const odd = fc.oneof(
    hostileText,
    fc.constantFrom("", " ", "01", "1.0", "+1", "0x1", "1e1", "TRUE", "yes", "99999999999", "soon"),
  ).filter((text) => !text.includes("${") && text.length <= 4_096 && isWrong(option, text));
  if (option.kind !== "integer" && option.kind !== "decimal") return odd;
  return fc.oneof(odd, fc.constantFrom(String(option.max + 1), "-1"));
}

function isWrong(option: Option, text: string): boolean {
  switch (option.kind) {
    case "text":
      return !option.accepts(text);
    case "flag":
      return text !== "true" && text !== "false";
    case "choice":
      return !option.choices.includes(text);
    case "integer":
    case "decimal": {
      const form = option.kind === "integer" ? /^(0|[1-9]\d*)$/ : /^(0|[1-9]\d*)(\.\d+)?$/;
      return !form.test(text) || Number(text) < option.min || Number(text) > option.max;
    }
  }
}

Deno.test("one wrong value is one fault, which begins with its path, says what was wanted and shows no secret", () => {
  const cases = anyConfigValues.chain((values) =>
    fc.constantFrom(...values).chain(([path, { option }]) =>
      anyWrong(option).map((wrong) => ({ values, path, option, wrong }))
    )
  );
  fc.assert(
    fc.property(cases, ({ values, path, option, wrong }) => {
      const spoiled: ConfigValues = new Map(values).set(path, { option, text: wrong });
      const text = JSON.stringify(treeOf(spoiled));
      const { faults } = assertThrows(() => parse(text), ConfigurationError);
      assertEquals(faults.length, 1, faults.join("\n"));
      const [fault = ""] = faults;
      assert(fault.startsWith(`${path}: is `), fault);
      assert(fault.endsWith(`, wanted ${wantedOf(option)}`), fault);
      const isSecret = option.kind === "text" && option.secret;
      if (isSecret) assert(fault.includes("is (not shown), "), fault);
      assertEquals(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(fault), false, fault);
    }),
    CASES,
  );
});

Deno.test("a key that is not known is one fault, wherever it stands", () => {
  const cases = fc.record({ values: anyConfigValues, key: hostileName, at: fc.nat() });
  fc.assert(
    fc.property(cases, ({ values, key, at }) => {
      const sections = [
        "",
        ...new Set([...values.keys()].map((path) => path.replace(/\.[^.]*$/, ""))),
      ];
      const section = sections[at % sections.length] ?? "";
      const known = OPTIONS.some(({ path }) =>
        path.split(/[.[]/).includes(key) || path.includes(`.${key}.`)
      );
      // Keys that hold what a path is made of cannot be put there by this test.
      fc.pre(!known && !/[.[\]]/.test(key) && !/^(__proto__|constructor|prototype)$/.test(key));
      const path = section === "" ? key : `${section}.${key}`;
      const text = JSON.stringify(
        treeOf(new Map<string, { text: string }>(values).set(path, { text: "1" })),
      );
      const { faults } = assertThrows(() => parse(text), ConfigurationError);
      assertEquals(faults.length, 1, faults.join("\n"));
      assert(
        /: (is not known here|is nested|line )|^it is not YAML|NUL/.test(faults[0] ?? ""),
        faults[0],
      );
    }),
    CASES,
  );
});

const anyWish: fc.Arbitrary<OperatorWish> = fc.record({
  consumer: fc.constantFrom("mine", "a b", "é"),
  inspect: fc.boolean(),
  inspectControl: fc.boolean(),
}, { requiredKeys: [] });

Deno.test("configFor gives an operator what he wishes, takes back nothing that the file allows, and changes nothing else", () => {
  fc.assert(
    fc.property(anyConfigValues, anyWish, (values, wish) => {
      const file = parse(JSON.stringify(treeOf(values)));
      const config = configFor(file, wish);
      const { consumer, inspect = false, inspectControl = false } = wish;
      assertEquals(config.inspector, {
        ...file.inspector,
        enabled: file.inspector.enabled || inspect || inspectControl,
        commands: file.inspector.commands || inspectControl,
      });
      const streams = file.redisStreams.streams.map((stream) => ({
        ...stream,
        ...consumer === undefined ? {} : { consumer },
      }));
      const redisStreams = { ...file.redisStreams, streams };
      assertEquals(config, { ...file, inspector: config.inspector, redisStreams });
      assertEquals(configFor(config, wish), config);
    }),
    CASES,
  );
});

Deno.test("consumerNames gives as many names as there are consumers, all different", () => {
  fc.assert(
    fc.property(hostileText, fc.integer({ min: 1, max: 200 }), (consumer, consumers) => {
      const names = consumerNames({ consumer, consumers });
      assertEquals([names.length, new Set(names).size], [consumers, consumers]);
      assert(names.every((name) => name.startsWith(consumer)));
    }),
    CASES,
  );
});
