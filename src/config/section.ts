/**
 * Reading options out of a section of the file. Every fault is noted with its path, the value and what was wanted, and
 * the default stands in for it, so that all faults of a file are found at once.
 *
 * @module
 */

import { printable } from "../domain/printable.ts";
import { type Environment, interpolate } from "./environment.ts";
import { nearestName } from "./nearest.ts";
import {
  type ChoiceOption,
  type DecimalOption,
  type FlagOption,
  type IntegerOption,
  keyOf,
  type Option,
  sectionOf,
  type TextOption,
  wantedOf,
} from "./option.ts";
import { OPTIONS } from "./options.ts";
import type { Node } from "./yaml.ts";

/** A list in a file longer than this is a mistake. */
const ITEMS_MAX = 256;

/** A value longer than this is a mistake, and filling variables into it could take for ever. */
const TEXT_LENGTH_MAX = 4_096;

/** What the whole reading shares. */
export interface ReadContext {
  /** Where variables come from. */
  readonly environment: Environment;
  /** Collects what is wrong, one line each. */
  readonly faults: string[];
}

/** One section of the file. */
export class Section {
  readonly #entries: Map<string, Node>;
  readonly #path: string;
  readonly #pattern: string;
  readonly #context: ReadContext;
  readonly #faulty = new Set<string>();

  /**
   * Opens a section and notes unknown keys.
   *
   * @param node What stands there; nothing is an empty section.
   * @param at `path`: as it is shown; `pattern`: as in the option table.
   */
  constructor(
    node: Node | undefined,
    at: { readonly path: string; readonly pattern: string },
    context: ReadContext,
  ) {
    this.#path = at.path;
    this.#pattern = at.pattern;
    this.#context = context;
    this.#entries = new Map();
    if (node === undefined || node === null) return;
    const known = knownKeys(at.pattern);
    if (typeof node === "string" || Array.isArray(node)) {
      this.#fault("", `is ${kindOf(node)}, wanted a section with ${known.join(", ")}`);
      return;
    }
    for (const [key, value] of Object.entries(node)) {
      if (known.includes(key)) this.#entries.set(key, value);
      else this.#fault(key, unknownKey(key, known));
    }
  }

  /** The section under a key. */
  section(key: string): Section {
    const at = { path: this.#under(key), pattern: join(this.#pattern, key) };
    return new Section(this.#entries.get(key), at, this.#context);
  }

  /**
   * The sections of the list under a key.
   *
   * @param options `mayBeEmpty`: whether it may have no item, or be left out. Default: at least one is wanted.
   */
  list(key: string, options: { readonly mayBeEmpty?: boolean } = {}): Section[] {
    const { mayBeEmpty = false } = options;
    const node = this.#entries.get(key);
    const isEmpty = node === undefined || node === null ||
      (Array.isArray(node) && node.length === 0);
    if (mayBeEmpty && isEmpty) return [];
    if (isEmpty || !Array.isArray(node)) {
      this.#fault(key, `is ${kindOf(node)}, wanted a list with at least one item`);
      return [];
    }
    if (node.length > ITEMS_MAX) {
      this.#fault(key, `has ${node.length} items, wanted at most ${ITEMS_MAX}`);
      return [];
    }
    const pattern = `${join(this.#pattern, key)}[]`;
    return node.map((item, index) => {
      const at = { path: `${this.#under(key)}[${index}]`, pattern };
      const section = new Section(item, at, this.#context);
      if (item === null) section.#fault("", "is empty, remove it or fill it in");
      return section;
    });
  }

  /** A text that must be there. */
  requiredText(option: TextOption): string {
    return this.optionalText(option) ?? "";
  }

  /** A text that may be left out. */
  optionalText(option: TextOption): string | undefined {
    const given = this.#text(option);
    if (given === undefined) return option.default;
    if (option.accepts(given.text)) return given.text;
    this.#misfit(option, given.written);
    return option.default;
  }

  /** A whole number; where it is left out, the default or what stands in for it. */
  integer(option: IntegerOption, standIn: number = option.default): number {
    return this.#number(option, { form: /^\d+$/, standIn });
  }

  /** A number with decimals. */
  decimal(option: DecimalOption): number {
    return this.#number(option, { form: /^\d+(\.\d+)?$/, standIn: option.default });
  }

  /** Yes or no. YAML 1.1's `yes` and `on` are not taken, because 1.2 reads them as texts. */
  flag(option: FlagOption): boolean {
    const given = this.#text(option);
    if (given === undefined) return option.default;
    if (given.text === "true" || given.text === "false") return given.text === "true";
    this.#misfit(option, given.written);
    return option.default;
  }

  /** One of a few words; where it is left out, the default or what stands in for it. */
  choice<Choice extends string>(
    option: ChoiceOption<Choice>,
    standIn: NoInfer<Choice> = option.default,
  ): Choice {
    const given = this.#text(option);
    if (given === undefined) return standIn;
    const choice = option.choices.find((each) => each === given.text);
    if (choice === undefined) this.#misfit(option, given.written);
    return choice ?? standIn;
  }

  /** Whether an option is written in this section. */
  gives(option: Option): boolean {
    return this.#entries.has(keyOf(option));
  }

  /** Whether nothing was wrong with an option; a default that stands in for a wrong value has no conflicts. */
  isSound(option: Option): boolean {
    return !this.#faulty.has(keyOf(option));
  }

  /** An option with its place and value, to be named in the fault of another one. */
  described(option: Option): string {
    return `${this.#under(keyOf(option))}, ${this.#shown(option)}`;
  }

  /** Notes that an option does not go with others. */
  conflict(option: Option, wanted: string): void {
    this.#fault(keyOf(option), `is ${this.#shown(option)}, wanted ${wanted}`);
  }

  /** Notes any other fault of what stands under a key. */
  reject(key: string, text: string): void {
    this.#fault(key, text);
  }

  /** Plain decimals only, without a sign, as none is below zero: `0777`, `1_000`, `0x10`, `.nan` and `1e309` mean different things to different readers (S25). */
  #number(
    option: IntegerOption | DecimalOption,
    { form, standIn }: { readonly form: RegExp; readonly standIn: number },
  ): number {
    const given = this.#text(option);
    if (given === undefined) return standIn;
    const value = form.test(given.text) && !/^0\d/.test(given.text) ? Number(given.text) : NaN;
    if (value >= option.min && value <= option.max) return value;
    this.#misfit(option, given.written);
    return standIn;
  }

  /** What is given for an option, with its variables filled in, and as it is written in the file. */
  #text(option: Option): { readonly text: string; readonly written: string } | undefined {
    const key = keyOf(option);
    const node = this.#entries.get(key);
    if (node === undefined) {
      if (option.kind === "text" && option.required) {
        this.#fault(key, `is missing, wanted ${wantedOf(option)}`);
      }
      return undefined;
    }
    if (typeof node !== "string") {
      this.#fault(key, `is ${kindOf(node)}, wanted ${wantedOf(option)}`);
      return undefined;
    }
    if (node.length > TEXT_LENGTH_MAX) {
      this.#fault(key, `has ${node.length} characters, wanted at most ${TEXT_LENGTH_MAX}`);
      return undefined;
    }
    const filled = interpolate(node, this.#context.environment);
    if ("text" in filled) return { text: filled.text, written: node };
    for (const fault of filled.faults) this.#fault(key, fault);
    return undefined;
  }

  #misfit(option: Option, written: string): void {
    this.#fault(keyOf(option), `is ${shownOf(option, written)}, wanted ${wantedOf(option)}`);
  }

  #shown(option: Option): string {
    const node = this.#entries.get(keyOf(option));
    return shownOf(option, typeof node === "string" ? node : String(option.default));
  }

  #fault(key: string, text: string): void {
    this.#faulty.add(key);
    this.#context.faults.push(`${this.#under(key) || "the file"}: ${text}`);
  }

  #under(key: string): string {
    return key === "" ? this.#path : join(this.#path, printable(key, 80));
  }
}

/** The value is shown as it is written, so that what came out of the environment is not. */
function shownOf(option: Option, written: string): string {
  if (option.kind === "text" && option.secret) return "(not shown)";
  return `"${printable(written, 80)}"`;
}

/** The keys that may stand in a section, by the option table. */
function knownKeys(pattern: string): string[] {
  const before = pattern === "" ? "" : `${pattern}.`;
  const keys = OPTIONS
    .filter((option) => `${sectionOf(option)}.`.startsWith(before))
    .map((option) => /^[^.[]+/.exec(option.path.slice(before.length))?.[0] ?? "");
  return [...new Set(keys)];
}

/** The value of an unknown key is not shown: a mistyped `password` has a password. */
function unknownKey(key: string, known: readonly string[]): string {
  const nearest = nearestName(key, known);
  return nearest === undefined
    ? `is not known here, wanted ${known.join(", ")}`
    : `is not known here, did you mean ${nearest}?`;
}

function kindOf(node: Node | undefined): string {
  if (node === undefined) return "missing";
  if (node === null) return "empty";
  if (typeof node === "string") return "a text";
  return Array.isArray(node) ? "a list" : "a section";
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
