/**
 * The file `config.yaml`, written from the option table: every option with its default, its unit and one sentence. Those
 * that may be left out are commented out with their default. A test compares it with the file; write it anew with
 *
 * ```sh
 * deno eval 'import { configYaml } from "./src/config/yaml_text.ts"; Deno.writeTextFileSync("config.yaml", configYaml())'
 * ```
 *
 * @module
 */

import { defaultOf, keyOf, type Option, rangeOf, sectionOf } from "./option.ts";
import { OPTIONS } from "./options.ts";

/** The formatter would pull comments out of their sections, and options would no longer stand where they belong. */
const HEAD = `# deno-fmt-ignore-file
# Tidemark's configuration: every option with its default, its unit and one sentence.
# A line that is commented out shows the default; remove the "# " to change it.
# Texts may read the environment: \${NAME} must be set, \${NAME:-default} need not be.
# This file is written from src/config/options.ts, and a test keeps it so.
`;

/** The text of the file. It can be used as it stands. */
export function configYaml(): string {
  let text = HEAD;
  let section = "";
  for (const option of OPTIONS) {
    if (sectionOf(option) !== section) {
      text += headingOf(section, sectionOf(option));
      section = sectionOf(option);
    } else {
      text += "\n";
    }
    text += optionText(option);
  }
  return text;
}

/** The keys that lead from one section into the next; `[]` begins a list. */
function headingOf(before: string, section: string): string {
  const known = before.split(".");
  const parts = section.split(".");
  let text = "\n";
  parts.forEach((part, depth) => {
    if (part === known[depth]) return;
    text += `${"  ".repeat(depth)}${part.replace("[]", "")}:\n`;
  });
  return text;
}

function optionText(option: Option): string {
  const depth = option.path.split(".").length - 1;
  const isItem = sectionOf(option).endsWith("[]");
  const indent = "  ".repeat(depth + (isItem ? 1 : 0));
  const required = isRequired(option);
  const line = `${keyOf(option)}: ${valueOf(option)}`;
  const dash = isItem && beginsItem(option) ? "- " : "";
  const before = indent.slice(dash.length);
  return `${before}# ${option.text} ${limitsOf(option)}\n` +
    (required ? `${before}${dash}${line}\n` : `${before}# ${dash}${line}\n`);
}

/** The first option of an item bears the dash of the list; where none must be given, each is an item of its own. */
function beginsItem(option: Option): boolean {
  const siblings = OPTIONS.filter((each) => sectionOf(each) === sectionOf(option));
  return siblings[0] === option || !siblings.some(isRequired);
}

function isRequired(option: Option): boolean {
  return option.kind === "text" && option.required;
}

function valueOf(option: Option): string {
  if (option.kind === "text") return scalar(option.default ?? option.example ?? "");
  return String(option.default);
}

/** Quoted where plain YAML would read a sign of its own. */
function scalar(text: string): string {
  return /^[\w./][\w./-]*$/.test(text) ? text : JSON.stringify(text);
}

function limitsOf(option: Option): string {
  if (option.kind === "text") {
    return option.required ? "Must be given." : `Default: ${defaultOf(option)}.`;
  }
  if (option.kind === "flag") return `Default: ${defaultOf(option)}.`;
  return `Default: ${defaultOf(option)}; ${rangeOf(option)}.`;
}
