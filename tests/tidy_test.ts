/**
 * The style of this repository as tests: who may import whom, how files are named and opened, what
 * a chart looks like. Every rule is first tried on samples that keep and that break it, so that none
 * can pass by looking at nothing.
 *
 * @module
 */
import { assertEquals, assertNotEquals } from "@std/assert";
import { layers, packageHomes } from "./support/layers.ts";

/** Texts by path from the top of the repository. */
type Files = Record<string, string>;

/** A fact about all files. */
interface Rule {
  /** The name of the test. */
  fact: string;
  /** What breaks the rule, as `path: reason`; empty when nothing does. */
  faults: (files: Files) => string[];
  /** Files that keep it. */
  good: Files;
  /** Files that break it, each set by itself. */
  bad: Files[];
}

/** A source file has one concept; 120 lines are usual, and past this nobody finds anything. */
const linesMax = 300;

/** A list, of tests or of what is public, may be longer: each line is read by itself. */
const listLinesMax = 400;

/** Names that say nothing about what is inside. */
const emptyNames = /^_?(types?|utils?|helpers?|common|misc|shared|manager)$/;

// Words that the rules forbid are written in parts, because the rules also read this file.
const todo = "TO" + "DO";
const work = ["", "work", ""].join("/");
const registry = ["registry", "npmjs", "org"].join(".");
const testIgnore = "Deno.test." + "ignore";

/** A sample with a comment on top. */
const commented = (code: string) => `/** A sample of a file that does a thing. */\n${code}\n`;

/** A sample with a chart. */
const chart = (body: string) => commented(`const m = setup({}).createMachine({ ${body} });`);

const rules: Rule[] = [
  {
    fact: "file and folder names are snake_case",
    faults: (files) =>
      each(files, /^(src|tests|examples)\//, (path) => {
        const parts = path.split("/");
        const file = parts.pop() ?? "";
        // The page that a reader of the folder is shown has its name by custom.
        const ok = parts.every((part) => /^[a-z0-9]+(_[a-z0-9]+)*$/.test(part)) &&
          /^README\.md$|^_?[a-z0-9]+(_[a-z0-9]+)*(\.(d|gen|lua))?\.[a-z0-9]+$/.test(file);
        return ok ? [] : ["is not snake_case"];
      }),
    good: { "src/a/entry_id.ts": "", "src/a/_x.ts": "", "src/a/b.d.ts": "", "tests/README.md": "" },
    bad: [{ "src/domain/entryId.ts": "" }, { "tests/my-test.ts": "" }, { "src/Domain/id.ts": "" }],
  },
  {
    fact:
      `no source has more than ${linesMax} lines, and no list of tests more than ${listLinesMax}`,
    faults: (files) =>
      each(files, /(?<!\.gen)\.ts$/, (path, text) => {
        const lines = text.trimEnd().split("\n").length;
        const most = path.startsWith("src/") ? linesMax : listLinesMax;
        return lines > most ? [`has ${lines} lines`] : [];
      }),
    good: { "src/a.ts": "x\n".repeat(linesMax), "tests/a.ts": "x\n".repeat(listLinesMax) },
    bad: [
      { "src/a.ts": "x\n".repeat(linesMax + 1) },
      { "tests/a.ts": "x\n".repeat(listLinesMax + 1) },
    ],
  },
  {
    fact: "every file opens with a comment that says what it is",
    faults: (files) =>
      each(files, /\.ts$/, (_, text) => {
        const comment = text.match(/^(?:#!.*\n)?\s*(?:\/\*\*([^]*?)\*\/|((?:\/\/.*\n)+))/);
        const words = (comment?.[1] ?? comment?.[2] ?? "").match(/\p{L}+/gu) ?? [];
        return words.length < 4 || /deno-lint/.test(comment?.[0] ?? "") ? ["opens without"] : [];
      }),
    good: { "src/a.ts": commented("x"), "src/b.ts": "// The ids of all entries.\nx\n" },
    bad: [{ "src/a.ts": "import a;" }, { "src/a.ts": "/** */" }, { "src/a.ts": "// Ids\nx\n" }],
  },
  {
    fact: "a layer imports only the layers below it",
    faults: (files) =>
      each(files, /^(src\/.*|mod)\.ts$/, (path, text) => {
        const allowed = layers[layerOf(path)];
        if (allowed === undefined) return [`the layer "${layerOf(path)}" is not in the table`];
        const targets = importsOf(text).map((name) => resolve(path, name));
        return targets.filter((target) => {
          if (target === undefined) return false;
          if (!/^(src\/|mod\.ts$)/.test(target)) return true;
          const layer = layerOf(target);
          return layer !== layerOf(path) && allowed !== "every layer" && !allowed.includes(layer);
        }).map((target) => `imports ${target}`);
      }),
    good: {
      "src/consumer/a.ts": 'import "../workers/b.ts";\n// import "../http/server.ts";',
      "src/domain/a.ts": 'export * from "./b.ts"; import "xstate";',
      "mod.ts": 'import "./src/cli/main.ts";',
    },
    bad: [
      { "src/domain/a.ts": 'import { b } from "../ports/b.ts";' },
      { "src/http/a.ts": 'import type { b } from "../brokers/b.ts";' },
      { "src/workers/a.ts": 'export * from "../consumer/b.ts";' },
      { "src/cli/a.ts": 'await import("../brokers/b.ts");' },
      { "src/runs/a.ts": 'import {\n  b,\n} from "../../mod.ts";' },
      { "src/runs/a.ts": 'import { b } from "@tidemark/tidemark";' },
      { "src/runs/a.ts": 'import { b } from "../../tests/b.ts";' },
      { "src/stuff/a.ts": "" },
    ],
  },
  {
    fact: "ioredis and node:sqlite are imported in one folder each",
    faults: (files) =>
      each(files, /^(src\/.*|mod)\.ts$/, (path, text) =>
        importsOf(text).filter((name) => {
          const home = packageHomes[name.replace(/^npm:|@\d.*$/g, "")];
          return home !== undefined && !path.startsWith(home);
        }).map((name) => `imports ${name}`)),
    good: { "src/brokers/redis/a.ts": 'import "ioredis";', "mod.ts": 'import "xstate";' },
    bad: [
      { "src/brokers/sqlite/a.ts": 'import { Redis } from "ioredis";' },
      { "src/brokers/redis/a.ts": 'import "node:sqlite";' },
      { "src/runs/a.ts": 'import "npm:ioredis@5.11.1";' },
    ],
  },
  {
    fact: "no file of src imports itself, however long the way round",
    faults: (files) => {
      const reached = (from: string, seen: Set<string>): Set<string> => {
        for (const name of importsOf(files[from] ?? "")) {
          const target = resolve(from, name);
          if (target === undefined || seen.has(target)) continue;
          seen.add(target);
          reached(target, seen);
        }
        return seen;
      };
      return each(
        files,
        /^src\/.*\.ts$/,
        (path) => reached(path, new Set()).has(path) ? ["is part of a cycle"] : [],
      );
    },
    good: { "src/a.ts": 'import "./b.ts"; import "./c.ts";', "src/b.ts": 'import "./c.ts";' },
    bad: [
      { "src/a.ts": 'import "./a.ts";' },
      { "src/a.ts": 'import "./x/b.ts";', "src/x/b.ts": 'import type { a } from "../a.ts";' },
    ],
  },
  {
    fact: "no file is named after nothing (types, utils, helpers, common)",
    faults: (files) =>
      each(
        files,
        /\.ts$/,
        (path) =>
          path.split("/").some((part) => emptyNames.test(part.replace(/(_test)?(\.d)?\.ts$/, "")))
            ? ["has an empty name"]
            : [],
      ),
    good: { "src/runs/run_manager.ts": "" },
    bad: [{ "src/domain/types.ts": "" }, { "src/utils/a.ts": "" }, { "tests/helpers_test.ts": "" }],
  },
  {
    fact: "only the command line writes to the console",
    faults: (files) =>
      each(
        files,
        /^src\/(?!cli\/).*\.ts$/,
        (_, text) => /\bconsole\s*\./.test(mask(text)) ? ["uses the console"] : [],
      ),
    good: { "src/cli/a.ts": "console.log(1);", "src/domain/a.ts": "// console.log(1)" },
    bad: [{ "src/domain/a.ts": "console.error(1);" }],
  },
  {
    fact: "src silences neither the type checker nor the linter",
    faults: (files) =>
      each(files, /^src\/.*\.ts$/, (_, text) => [
        ...mask(text).match(/\bas any\b|:\s*any\b/g) ?? [],
        ...text.match(/@ts-(ignore|expect-error|nocheck)|deno-lint-ignore/g) ?? [],
      ]),
    good: { "src/a.ts": 'const a: unknown = "as any"; // as any: any' },
    bad: [
      { "src/a.ts": "f(a as any);" },
      { "src/a.ts": "let a: any;" },
      { "src/a.ts": "// @ts-ignore" },
      { "src/a.ts": "// @ts-expect-error because" },
      { "src/a.ts": "// deno-lint-ignore no-explicit-any" },
    ],
  },
  {
    fact: "what is left to do has the number of its issue",
    faults: (files) =>
      each(files, /\.ts$/, (_, text) => text.match(/\b(TO[D]O|FIX[M]E)\b(?!.*#\d).*/g) ?? []),
    good: { "src/a.ts": `// ${todo}(#12): faster`, "src/b.ts": `// ${todo} faster, see #12` },
    bad: [{ "src/a.ts": `// ${todo}: faster` }],
  },
  {
    fact: "no test is left out, and none runs alone",
    faults: (files) =>
      each(files, /^tests\/.*\.ts$/, (path, text) => [
        ...text.match(/Deno\.test\.(ignore|only)/g) ?? [],
        ...path.endsWith("_test.ts") ? mask(text).match(/\b(ignore|only)\s*:/g) ?? [] : [],
      ]),
    good: { "tests/a_test.ts": "Deno.test('a', () => {}); // ignore: true" },
    bad: [
      { "tests/a_test.ts": `${testIgnore}('a', () => {});` },
      { "tests/a_test.ts": "Deno.test({ name: 'a', only: true, fn() {} });" },
      { "tests/a_test.ts": "Deno.test('a', { ignore: noServer }, () => {});" },
    ],
  },
  {
    fact: "no file names a folder of one machine or the host of a registry",
    faults: (files) =>
      each(files, /^(?!deno\.lock$)/, (_, text) => [
        ...text.match(/(?<![\w.\\-])\/(work|home|root|Users)\/.*/g) ?? [],
        ...text.match(/\bregistry\.\w+\.(org|com|io|dev|net)\b|\bnpm\.jsr\.io\b/g) ?? [],
      ]),
    good: { "README.md": "https://example.org/work/x src/workers/", "deno.lock": registry },
    bad: [{ "a.md": `see ${work}main` }, { ".ci/run": `npm --registry https://${registry}` }],
  },
  {
    fact: "every state of a chart has a description",
    faults: (files) =>
      each(files, /^src\/.*machine\.ts$/, (_, text) => {
        const charts = chartsOf(text);
        if (charts.length === 0) return ["has no chart"];
        return charts.flatMap((at) => statesWithoutDescription(text, at));
      }),
    good: { "src/a/machine.ts": chart(`states: { a: { description: "A.", states: {} }, } `) },
    bad: [
      { "src/a/machine.ts": commented("export const a = 1;") },
      { "src/a/machine.ts": chart(`states: { a: { on: { b: "c" } } }`) },
      { "src/a/machine.ts": chart(`states: { a: { description: "A.", states: { "b": {} } } }`) },
      { "src/a/machine.ts": chart(`states: { a: { description: "A." }, b: written_elsewhere }`) },
    ],
  },
  {
    fact: "a chart has no logic in it, but for the first context",
    faults: (files) =>
      each(
        files,
        /^src\/.*machine\.ts$/,
        (_, text) =>
          chartsOf(text).flatMap((at) =>
            entriesOf(text, at).filter(({ key }) => key !== "context").flatMap((
              { key, start, end },
            ) =>
              /=>|\bfunction\b/.test(mask(text).slice(start, end)) ? [`has logic in "${key}"`] : []
            )
          ),
      ),
    good: {
      "src/a/machine.ts": chart(`context: ({ input }) => ({ ...input }), on: { a: "b => c" }`),
    },
    bad: [
      { "src/a/machine.ts": chart(`states: { a: { entry: () => {} } }`) },
      { "src/a/machine.ts": chart(`on: { a: { guard: function () { return true; } } }`) },
    ],
  },
];

const root = new URL("../", import.meta.url);
const repository = readFiles("");

for (const { fact, faults, good, bad } of rules) {
  Deno.test(fact, () => {
    assertEquals(faults(good), []);
    for (const sample of bad) assertNotEquals(faults(sample), [], JSON.stringify(sample));
    assertEquals(faults(repository), []);
  });
}

Deno.test("the rules read the sources, the tests and the top of the repository", () => {
  for (const path of ["deno.json", "tests/tidy_test.ts", "src/std/log/mod.ts", ".ci/run"]) {
    assertEquals(path in repository, true, path);
  }
});

/** Every file of the repository, but for what git or Deno keeps there. */
function readFiles(folder: string): Files {
  const files: Files = {};
  for (const { name, isDirectory } of Deno.readDirSync(new URL(folder || ".", root))) {
    const path = `${folder}${name}`;
    if (/^\.git$|^node_modules$|^coverage$|\.db(-\w+)?$/.test(name)) continue;
    if (isDirectory) Object.assign(files, readFiles(`${path}/`));
    else files[path] = Deno.readTextFileSync(new URL(path, root));
  }
  return files;
}

/** The faults of every file whose path matches. */
function each(files: Files, which: RegExp, check: (path: string, text: string) => string[]) {
  return Object.entries(files).filter(([path]) => which.test(path)).flatMap(([path, text]) =>
    check(path, text).map((fault) => `${path}: ${fault}`)
  );
}

function layerOf(path: string): string {
  const [top = "", second = ""] = path.split("/");
  return (top === "src" ? second : top).replace(/\.ts$/, "");
}

/** What a file imports or re-exports, as written. */
function importsOf(text: string): string[] {
  const code = mask(text, { keepStrings: true });
  const found = code.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g);
  return [...found].map((match) => match[1] ?? "");
}

/** The path of an import, or undefined for a package. Our own name is mod.ts. */
function resolve(from: string, name: string): string | undefined {
  if (name.startsWith("@tidemark/")) return "mod.ts";
  if (!name.startsWith(".")) return undefined;
  return new URL(name, `file:///${from}`).pathname.slice(1);
}

/** The text with comments, and unless told otherwise the insides of strings, turned into spaces. */
function mask(text: string, { keepStrings = false } = {}): string {
  const token =
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`)|\/\/.*|\/\*[^]*?\*\//g;
  const blank = (part: string) => part.replace(/[^\n]/g, " ");
  return text.replace(token, (all, string?: string) => {
    if (string === undefined) return blank(all);
    return keepStrings ? string : `${string.at(0)}${blank(string.slice(1, -1))}${string.at(-1)}`;
  });
}

/** Where the object of every `createMachine({` opens. */
function chartsOf(text: string): number[] {
  return [...mask(text).matchAll(/\bcreateMachine\(\s*(?=\{)/g)].map((m) => m.index + m[0].length);
}

/** The entries of the object literal that opens at `open`: key, and where the value is. */
function entriesOf(text: string, open: number) {
  const code = mask(text);
  const entries: { key: string; start: number; end: number }[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < code.length; at++) {
    const char = code.charAt(at);
    if ("([{".includes(char)) depth++;
    if (")]}".includes(char)) depth--;
    if (depth > 1 || (depth === 1 && char !== ",")) continue;
    const [all, key] = text.slice(from, at).match(/^\s*(?:\/\/.*\s*)*["']?([\w.*]+)["']?\s*:\s*/) ??
      [];
    if (all !== undefined && key !== undefined) {
      entries.push({ key, start: from + all.length, end: at });
    }
    from = at + 1;
    if (depth === 0) break;
  }
  return entries;
}

/** The names of all states below the one that opens at `open` that do not say what happens there. */
function statesWithoutDescription(text: string, open: number): string[] {
  const states = entriesOf(text, open).find(({ key }) => key === "states");
  if (states === undefined) return [];
  return entriesOf(text, states.start).flatMap(({ key, start }) => {
    if (text.charAt(start) !== "{") return [`state "${key}" is not written in the chart`];
    const described = entriesOf(text, start).some((entry) => entry.key === "description");
    return [
      ...described ? [] : [`state "${key}" has no description`],
      ...statesWithoutDescription(text, start),
    ];
  });
}
