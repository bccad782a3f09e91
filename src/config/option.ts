/**
 * What an option is: one datum from which validation, `config.yaml`, the README's section and the help derive.
 *
 * @module
 */

interface OptionBase {
  /** Where it stands in the file, such as `retry.attempts_max`; `[]` stands for any item of a list. */
  readonly path: string;
  /** One sentence: what it does, and what it trades. */
  readonly text: string;
  /** The path of the option of the same name whose value counts where this one is left out; it has the same default. */
  readonly standIn?: string;
}

/** A text. */
export interface TextOption extends OptionBase {
  readonly kind: "text";
  /** `undefined`: there is none, or it must be given. */
  readonly default: string | undefined;
  /** Whether it must be given. */
  readonly required: boolean;
  /** Shown in `config.yaml` where there is no default. */
  readonly example?: string;
  /** Never shown again, because it may hold a password. */
  readonly secret: boolean;
  /** What it is, in a few words, such as `name`. */
  readonly form: string;
  /** What is allowed, in words. */
  readonly wanted: string;
  /** Tells whether it is allowed. */
  readonly accepts: (text: string) => boolean;
}

/** A whole number. */
export interface IntegerOption extends OptionBase {
  readonly kind: "integer";
  readonly default: number;
  /** What is counted, such as `ms`; empty for a number that counts nothing. */
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

/** A number with decimals. */
export interface DecimalOption extends OptionBase {
  readonly kind: "decimal";
  readonly default: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
}

/** Yes or no. */
export interface FlagOption extends OptionBase {
  readonly kind: "flag";
  readonly default: boolean;
}

/** One of a few words. */
export interface ChoiceOption<Choice extends string = string> extends OptionBase {
  readonly kind: "choice";
  readonly default: Choice;
  readonly choices: readonly Choice[];
}

/** Any option. */
export type Option = TextOption | IntegerOption | DecimalOption | FlagOption | ChoiceOption;

/** A text option; what is not said is: optional, not secret, anything but the empty text. */
export function textOption(
  option: OptionBase & Partial<Omit<TextOption, "kind">>,
): TextOption {
  return {
    kind: "text",
    default: undefined,
    required: false,
    secret: false,
    form: "text",
    wanted: "a text that is not empty",
    accepts: (text) => text.trim() !== "",
    ...option,
  };
}

/** An option with one of a few words; keeps the words as its type. */
export function choiceOption<const Choice extends string>(
  option: Omit<ChoiceOption<Choice>, "kind" | "default"> & { readonly default: NoInfer<Choice> },
): ChoiceOption<Choice> {
  return { kind: "choice", ...option };
}

/** The last part of an option's path: its key in the file. */
export function keyOf(option: OptionBase): string {
  return option.path.slice(option.path.lastIndexOf(".") + 1);
}

/** The part of the path before the key: the section that it stands in. */
export function sectionOf(option: OptionBase): string {
  return option.path.slice(0, option.path.lastIndexOf("."));
}

/** What an option takes, in words: for faults and for `config.yaml`. */
export function wantedOf(option: Option): string {
  switch (option.kind) {
    case "text":
      return option.wanted;
    case "integer":
      return `a whole number from ${option.min} to ${option.max}${
        option.unit === "" ? "" : ` (${option.unit})`
      }`;
    case "decimal":
      return `a number from ${option.min} to ${option.max} (${option.unit})`;
    case "flag":
      return "true or false";
    case "choice":
      return `one of ${option.choices.join(", ")}`;
  }
}

/** What counts where an option is left out, as it is written in a file or said in words. */
export function defaultOf(option: Option): string {
  if (option.standIn !== undefined) return `that of ${option.standIn.replace(/\.[^.]*$/, "")}`;
  if (option.kind !== "text") return String(option.default);
  if (option.required) return "must be given";
  return option.default ?? "none";
}

/** What an option takes, in a few words: its range and unit, its choices, or its form. */
export function rangeOf(option: Option): string {
  switch (option.kind) {
    case "text":
      return option.form;
    case "integer":
    case "decimal":
      return `${option.min} to ${option.max} ${option.unit}`.trimEnd();
    case "flag":
      return "true, false";
    case "choice":
      return option.choices.join(", ");
  }
}
