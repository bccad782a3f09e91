/**
 * Shrinking: makes a failing case smaller for as long as it goes on failing, because nobody learns anything from a run
 * with two hundred entries and twenty faults. It knows nothing of simulations: what is smaller, and what fails, is told.
 *
 * @module
 */

/** How to shrink. */
export interface ShrinkOptions<Case> {
  /** Smaller forms of a case, the boldest first. Each must be smaller by some measure, or shrinking need not end. */
  readonly smaller: (whole: Case) => Iterable<Case>;
  /** Whether a case still fails in the same way. */
  readonly fails: (smaller: Case) => Promise<boolean>;
  /** The most cases to try: some failures depend on everything, and then each try is in vain. */
  readonly triesMax: number;
}

/** What came of it. */
export interface Shrunk<Case> {
  /** The smallest case that still fails. */
  readonly smallest: Case;
  /** How many cases were tried. */
  readonly tries: number;
  /** Whether it is known that nothing smaller fails; `false` when the tries were used up. */
  readonly isSmallest: boolean;
}

/**
 * Makes a failing case smaller: whenever a smaller form still fails, it goes on from there with the forms that were not
 * tried yet, and begins anew when it comes to the end, until none of all forms fails.
 *
 * @param failing A case that fails.
 */
export async function shrink<Case>(
  failing: Case,
  { smaller, fails, triesMax }: ShrinkOptions<Case>,
): Promise<Shrunk<Case>> {
  let smallest = failing;
  let tries = 0;
  let skipped = 0;
  for (;;) {
    let found: Case | null = null;
    let at = skipped;
    for (const each of skipping(smaller(smallest), skipped)) {
      if (tries === triesMax) return { smallest, tries, isSmallest: false };
      tries++;
      if (await fails(each)) {
        found = each;
        break;
      }
      at++;
    }
    if (found !== null) {
      smallest = found;
      skipped = at;
    } else if (skipped > 0) {
      skipped = 0;
    } else {
      return { smallest, tries, isSmallest: true };
    }
  }
}

function* skipping<Item>(items: Iterable<Item>, count: number): Generator<Item> {
  let left = count;
  for (const item of items) if (left-- <= 0) yield item;
}

/**
 * A list with a part left out: first halves, then quarters, down to single items.
 *
 * @param list At least so many items stay as `lengthMin` says, 0 by default.
 */
export function* withoutPart<Item>(
  list: readonly Item[],
  { lengthMin = 0 }: { readonly lengthMin?: number } = {},
): Generator<Item[]> {
  for (
    let size = Math.ceil(list.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < list.length; from += size) {
      const rest = [...list.slice(0, from), ...list.slice(from + size)];
      if (rest.length >= lengthMin && rest.length < list.length) yield rest;
    }
  }
}
