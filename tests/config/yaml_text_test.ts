/**
 * Tests that the option table and the file `config.yaml` say the same.
 *
 * @module
 */

import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { parseConfig } from "../../src/config/load.ts";
import { nearestName } from "../../src/config/nearest.ts";
import { keyOf, type Option, wantedOf } from "../../src/config/option.ts";
import { OPTIONS } from "../../src/config/options.ts";
import { type Node, parseYaml } from "../../src/config/yaml.ts";
import { configYaml } from "../../src/config/yaml_text.ts";

const FILE = new URL("../../config.yaml", import.meta.url);

function parse(text: string): unknown {
  return parseConfig(text, { source: "config.yaml", base: FILE, environment: () => undefined });
}

/** The paths of all texts of a file, as the table has them. */
function pathsOf(node: Node, path = ""): string[] {
  if (Array.isArray(node)) return node.flatMap((item) => pathsOf(item, `${path}[]`));
  if (typeof node === "string" || node === null) return [path];
  return Object.entries(node).flatMap(([key, value]) =>
    pathsOf(value, path === "" ? key : `${path}.${key}`)
  );
}

Deno.test("config.yaml is what the option table writes", async () => {
  assertEquals(await Deno.readTextFile(FILE), configYaml());
});

Deno.test("config.yaml can be used as it stands and names every option once, with its sentence", () => {
  const text = configYaml();
  const config = parse(text);
  for (const option of OPTIONS) {
    assertStringIncludes(text, `# ${option.text} `);
  }
  // Removing every "# " before an option changes nothing but where the line is an example.
  const uncommented = (options: readonly Option[]) => {
    const keys = options.map(keyOf).join("|");
    return text.replace(new RegExp(`^( *)# ((- )?(${keys}): )`, "gm"), "$1$2");
  };
  const hasDefault = (option: Option) => option.kind !== "text" || option.default !== undefined;
  const bare = uncommented(OPTIONS.filter(hasDefault));
  assertFalse(bare === text);
  assertEquals(parse(bare), config);
  const parsed = parseYaml(uncommented(OPTIONS));
  assert("node" in parsed);
  assertEquals(pathsOf(parsed.node), OPTIONS.map(({ path }) => path));
});

Deno.test("OPTIONS have one sentence each, and defaults that they accept", () => {
  for (const option of OPTIONS) {
    assert(/^[A-Z].*\.$/.test(option.text), option.path);
    assert(wantedOf(option).length > 0);
    if (option.kind === "integer" || option.kind === "decimal") {
      assert(option.default >= option.min && option.default <= option.max, option.path);
    }
    if (option.kind === "text" && option.default !== undefined) {
      assert(option.accepts(option.default), option.path);
    }
    if (option.kind === "choice") assert(option.choices.includes(option.default), option.path);
  }
});

Deno.test("nearestName guesses typing mistakes and nothing else", () => {
  const known = ["block_ms", "count", "streams"];
  assertEquals(
    ["blok_ms", "BLOCK_MS", "cuont", "stream", "x", "countdown", "b".repeat(1_000)].map((given) =>
      nearestName(given, known)
    ),
    ["block_ms", "block_ms", undefined, "streams", undefined, undefined, undefined],
  );
});
