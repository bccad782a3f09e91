/**
 * How many cases a property is tried on, and from which seed: the same in all files of `tests/properties` and
 * `tests/fuzz`, so that the long run (`deno task fuzz`) can ask for more of them.
 *
 * @module
 */

/** What a property is told. */
export interface Cases {
  /** How many cases. */
  readonly numRuns: number;
  /** Where chance begins; left out, another one each time. What fails is printed with its seed. */
  readonly seed?: number;
}

/** Enough to meet a rare combination within a second. */
const CASES_USUAL = 1_000;

/** Reads what the long run wants; without it the usual. */
function casesWanted(): Cases {
  const numRuns = numberFrom("TIDEMARK_FUZZ_CASES") ?? CASES_USUAL;
  const seed = numberFrom("TIDEMARK_FUZZ_SEED");
  return seed === undefined ? { numRuns } : { numRuns, seed };
}

/** For most properties. */
export const CASES: Cases = casesWanted();

/**
 * For a property whose cases cost a millisecond and more.
 *
 * @param divisor How many times fewer cases.
 */
export function fewerCases(divisor: number): Cases {
  return { ...CASES, numRuns: Math.max(1, Math.round(CASES.numRuns / divisor)) };
}

function numberFrom(variable: string): number | undefined {
  const text = Deno.env.get(variable);
  return text === undefined || !/^\d{1,9}$/.test(text) ? undefined : Number(text);
}
