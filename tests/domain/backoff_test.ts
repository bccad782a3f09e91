/**
 * Waiting times between attempts.
 *
 * @module
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  backoffMs,
  BROKER_BACKOFF,
  checkBackoff,
  HANDLER_BACKOFF,
  TIMER_MS_MAX,
} from "../../src/domain/backoff.ts";
import { InvalidOptionError } from "../../src/domain/errors.ts";

const anyOptions = fc.record({
  initialMs: fc.integer({ min: 1, max: 100_000 }),
  growthMs: fc.integer({ min: 0, max: TIMER_MS_MAX - 100_000 }),
  multiplier: fc.double({ min: 1, max: 1_000, noNaN: true }),
}).map(({ initialMs, growthMs, multiplier }) => ({
  initialMs,
  maxMs: initialMs + growthMs,
  multiplier,
}));

Deno.test("backoffMs stays within its bounds, whatever the attempt", () => {
  const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(
      anyOptions,
      fc.integer({ min: 1, max: 1_000_000 }),
      anyRandom,
      (options, failures, random) => {
        checkBackoff("retry", options);
        const waitMs = backoffMs(failures, { ...options, random });
        const boundMs = Math.min(
          options.maxMs,
          options.initialMs * options.multiplier ** (failures - 1),
        );
        assert(Number.isInteger(waitMs) && waitMs >= 1 && waitMs <= Math.max(1, boundMs));
        assert(waitMs <= TIMER_MS_MAX, "a timer can take it");
        assert(backoffMs(failures + 1, { ...options, random }) >= waitMs, "it never shrinks");
      },
    ),
    { numRuns: 1_000 },
  );
});

Deno.test("backoffMs doubles up to its cap, with full jitter", () => {
  const waits = (random: number) =>
    [1, 2, 3, 4, 5, 6].map((failures) => backoffMs(failures, { ...BROKER_BACKOFF, random }));
  assertEquals(waits(0.5), [25, 50, 100, 200, 250, 250]);
  assertEquals(waits(0), [1, 1, 1, 1, 1, 1]);
});

Deno.test("checkBackoff refuses what cannot work", () => {
  const good = { initialMs: 1, maxMs: 10, multiplier: 2 };
  const bad = [
    { ...good, initialMs: 0 },
    { ...good, initialMs: NaN },
    { ...good, maxMs: 0 },
    { ...good, maxMs: TIMER_MS_MAX + 1 },
    { ...good, multiplier: 0.5 },
    { ...good, multiplier: Infinity },
  ];
  for (const options of bad) assertThrows(() => checkBackoff("retry", options), InvalidOptionError);
  for (const options of [good, BROKER_BACKOFF, HANDLER_BACKOFF]) {
    assertEquals(checkBackoff("retry", options), options);
  }
});
