/**
 * `${NAME}` and `${NAME:-default}` in texts of the configuration. Done after the YAML is read, so that a value from the
 * environment can never change the file's structure.
 *
 * @module
 */

/** Looks a variable up; `undefined` when it is not set. */
export type Environment = (name: string) => string | undefined;

/** A text with its variables filled in, or what is wrong with them. */
export type Interpolated =
  | { readonly text: string; readonly variables: number }
  | { readonly faults: readonly string[] };

/** `$${` for a plain `${`; a variable; or a `${` that is neither. */
const PATTERN = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(:-([^}]*))?\}|\$\{/g;

/**
 * Fills the variables in. A variable that is not set is a fault, never an empty text (S27); with a default, an empty
 * one counts as not set, as in a shell.
 */
export function interpolate(text: string, environment: Environment): Interpolated {
  const faults: string[] = [];
  let variables = 0;
  const filled = text.replace(PATTERN, (match, ...groups: unknown[]) => {
    const [name, hasDefault, fallback] = groups;
    if (match === "$${") return "${";
    if (typeof name !== "string") {
      faults.push("holds an odd ${, wanted ${NAME} or ${NAME:-default}, or $${ for a plain ${");
      return "";
    }
    variables++;
    const value = environment(name);
    if (typeof hasDefault === "string") return value || String(fallback ?? "");
    if (value !== undefined) return value;
    faults.push(`environment variable "${name}" is not set, set it or write \${${name}:-default}`);
    return "";
  });
  return faults.length > 0 ? { faults } : { text: filled, variables };
}

/** The environment of this process. A variable that the program may not read counts as not set. */
export function processEnvironment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}
