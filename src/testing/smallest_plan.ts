/**
 * Makes a plan smaller for as long as it shows the same, because nobody learns anything from three processes, forty events
 * and eight faults when one crash does.
 *
 * @module
 */

import type { Plan } from "./plan.ts";

/** The lists of a plan of which parts can be left out, the boldest first. */
const LISTS = ["faults", "entries", "processes"] as const;

/**
 * Leaves out faults, entries and processes: halves first, then single ones.
 *
 * @param plan Shows something.
 * @param options `shows`: whether a smaller one still does; `triesMax`: so many are tried.
 * @returns The smallest that was found.
 */
export async function smallestPlan(
  plan: Plan,
  { shows, triesMax }: {
    readonly shows: (smaller: Plan) => Promise<boolean>;
    readonly triesMax: number;
  },
): Promise<Plan> {
  let smallest = plan;
  let triesLeft = triesMax;
  const shorten = async (list: List) => {
    for (let size = Math.ceil(smallest[list].length / 2); size >= 1; size = nextSize(size)) {
      for (let from = 0; from < smallest[list].length && triesLeft > 0;) {
        const smaller = without(smallest, { list, from, size });
        triesLeft--;
        if (smaller !== null && await shows(smaller)) smallest = smaller;
        else from += size;
      }
    }
  };
  // What was needed beside something that is left out now may not be needed any more.
  for (let before: Plan | null = null; before !== smallest && triesLeft > 0;) {
    before = smallest;
    for (const list of LISTS) await shorten(list);
  }
  return smallest;
}

type List = (typeof LISTS)[number];

function nextSize(size: number): number {
  return size === 1 ? 0 : Math.ceil(size / 2);
}

/** `null` where nobody would be left. */
function without(
  plan: Plan,
  { list, from, size }: {
    readonly list: List;
    readonly from: number;
    readonly size: number;
  },
): Plan | null {
  if (list === "faults") return { ...plan, faults: plan.faults.toSpliced(from, size) };
  if (list === "entries") return { ...plan, entries: plan.entries.toSpliced(from, size) };
  const processes = plan.processes.toSpliced(from, size);
  return processes.length === 0 ? null : { ...plan, processes };
}
