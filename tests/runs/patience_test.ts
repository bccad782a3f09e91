/**
 * For how long a call is made again.
 *
 * @module
 */

import { assertRejects } from "@std/assert";
import { BrokerUnavailableError } from "../../src/domain/errors.ts";
import { type Clock, systemClock } from "../../src/ports/clock.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { repeated } from "../../src/runs/patience.ts";

Deno.test("repeated gives up after its time, also when the clock is set back meanwhile", async () => {
  const beganMs = Date.now();
  let nowMs = beganMs;
  const clock: Clock = { ...systemClock, nowMs: () => nowMs -= 60_000 };
  const call = () => {
    if (Date.now() - beganMs > 3_000) throw new Error("it goes on for ever");
    throw new BrokerUnavailableError("store", "ECONNREFUSED");
  };
  const options = { clock, random: systemRandom, deadlineMs: 50 };
  await assertRejects(() => repeated(async () => call(), options), BrokerUnavailableError);
});
