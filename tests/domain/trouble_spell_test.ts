/**
 * Which of many failures are told.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { TroubleSpell } from "../../src/domain/trouble_spell.ts";

Deno.test("TroubleSpell begins with the first failure, and again after a minute of quiet", () => {
  const spell = new TroubleSpell();
  const atMs = [0, 1, 59_000, 118_999, 178_999, 178_999, 1_000_000];
  assertEquals(atMs.map((nowMs) => spell.begins(nowMs)), [
    true,
    false,
    false,
    false,
    true,
    false,
    true,
  ]);
});

Deno.test("TroubleSpell ends with a success, once, and may begin again at once", () => {
  const spell = new TroubleSpell();
  assertEquals([spell.ends(), spell.begins(5), spell.ends(), spell.ends()], [
    false,
    true,
    true,
    false,
  ]);
  assertEquals([spell.begins(6), spell.begins(7)], [true, false]);
});

Deno.test("TroubleSpell takes a clock that was set back for a new trouble", () => {
  const spell = new TroubleSpell();
  assertEquals([spell.begins(1_000_000), spell.begins(5), spell.begins(6)], [true, true, false]);
});
