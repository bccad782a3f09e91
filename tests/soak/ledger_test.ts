/**
 * A ledger finds what is missing, doubled and out of order; otherwise its silence would say nothing.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { KEYS } from "./layout.ts";
import { Ledger } from "./ledger.ts";

/** Two rounds of all keys, and some more. */
const PUBLISHED = 2 * KEYS + 5;

function ledgerOf(numbers: readonly number[]): Ledger {
  const ledger = new Ledger();
  for (const number of numbers) ledger.saw(number);
  return ledger;
}

const ALL = Array.from({ length: PUBLISHED }, (_, number) => number);
const CLEAN = { outputs: PUBLISHED, lost: [], doubled: [], disordered: [], forgiven: 0 };

Deno.test("Ledger has nothing against outputs in the order of their keys", () => {
  const byKey = [...ALL].sort((a, b) => a % KEYS - b % KEYS || a - b);
  assertEquals(ledgerOf(ALL).findings(PUBLISHED), CLEAN);
  assertEquals(ledgerOf(byKey).findings(PUBLISHED), CLEAN);
  assertEquals(ledgerOf(byKey).missing(PUBLISHED), 0);
});

Deno.test("Ledger finds what has no output, in the middle and at the end", () => {
  const ledger = ledgerOf(ALL.filter((number) => number !== 3 && number < PUBLISHED - 2));
  const lost = [3, PUBLISHED - 2, PUBLISHED - 1];
  assertEquals(ledger.findings(PUBLISHED), { ...CLEAN, outputs: PUBLISHED - 3, lost });
  assertEquals(ledger.missing(PUBLISHED), 3);
});

Deno.test("Ledger finds what has two outputs", () => {
  const ledger = ledgerOf([...ALL, 7, PUBLISHED - 1]);
  const doubled = [7, PUBLISHED - 1];
  assertEquals(ledger.findings(PUBLISHED), { ...CLEAN, outputs: PUBLISHED + 2, doubled });
});

Deno.test("Ledger finds what came after a later event of its key", () => {
  const swapped = ALL.map((number) => number === 1 ? 1 + KEYS : number === 1 + KEYS ? 1 : number);
  assertEquals(ledgerOf(swapped).findings(PUBLISHED), { ...CLEAN, disordered: [1] });
});

Deno.test("Ledger forgives what is gone, and takes a later output for it as one too many", () => {
  const ledger = ledgerOf(ALL.slice(0, KEYS + 3).filter((number) => number !== 2));
  ledger.forgive(2 * KEYS);
  assertEquals(ledger.missing(2 * KEYS), 0);
  ledger.saw(2 * KEYS - 1);
  for (const number of ALL.slice(2 * KEYS)) ledger.saw(number);
  // 61 that came after the last one seen, and the one that was skipped; 66 + 1 + 5 outputs.
  assertEquals(ledger.findings(PUBLISHED), {
    outputs: KEYS + 2 + 1 + 5,
    lost: [],
    doubled: [2 * KEYS - 1],
    disordered: [],
    forgiven: KEYS - 3 + 1,
  });
});
