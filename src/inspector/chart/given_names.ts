/**
 * Names of guards and actions. A definition holds them as names, as names with parameters, or as functions, of which
 * XState's own know what they are made of; what has no name at all is said to be written in place.
 *
 * @module
 */

/** What has no name. */
const NAMELESS = "(in place)";

/** Deeper than this, a guard that is made of guards is cut: it could hold itself. */
const DEPTH_MAX = 5;

/**
 * Names a guard or an action.
 *
 * @param given As the definition has it.
 * @returns Such as `demandIsZero`, `returnTo(acking)`, `not isEmpty`, `a and b`, `assign`. Never throws, also
 * where a parameter does.
 */
export function nameOf(given: unknown, depth = 0): string {
  if (typeof given === "string") return given;
  if (typeof given === "function") return functionName(given, depth);
  if (!isRecord(given) || typeof given.type !== "string") return NAMELESS;
  const parameters = parametersOf(given.params);
  return parameters === "" ? given.type : `${given.type}(${parameters})`;
}

/** `and`, `or` and `not` hold the guards that they join; other makers of XState have a type, such as `xstate.assign`. */
function functionName(given: object & { readonly name: string }, depth: number): string {
  if ("guards" in given && Array.isArray(given.guards)) {
    if (depth === DEPTH_MAX) return "…";
    const parts = given.guards.map((guard) => {
      const name = nameOf(guard, depth + 1);
      return name.includes(" ") && given.guards !== undefined ? `(${name})` : name;
    });
    return given.name === "not" ? `not ${parts.join()}` : parts.join(` ${given.name} `);
  }
  if ("type" in given && typeof given.type === "string") return given.type.replace(/^xstate\./, "");
  return /^(|guard|actions?|entry|exit|0)$/.test(given.name) ? NAMELESS : given.name;
}

/** Only what is plain: parameters can be anything, also functions. */
function parametersOf(params: unknown): string {
  if (!isRecord(params)) return "";
  return Object.values(params).filter((value) =>
    ["string", "number", "boolean"].includes(typeof value)
  ).join(", ");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
