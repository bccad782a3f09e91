/**
 * A short kill campaign on each broker, as part of every test run; `deno task chaos` is the long one. Each hits every
 * named point at least once. And the same campaign with a naive protocol, which must be found out: otherwise its silence
 * about ours says nothing.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type CampaignResult, POINTS_FROM, runCampaign } from "./campaign.ts";
import type { BrokerKind } from "./place.ts";
import { formatTable } from "./table.ts";
import { defectsOf } from "./verdict.ts";
import type { Naive } from "./worker_line.ts";

/** As few as hit every point. */
const FAULTS = POINTS_FROM;
const ENTRIES_MAX = 5_000;

/** Far more than a campaign takes on a machine that does several other things. */
const CAMPAIGN_MS_MAX = 180_000;

/** How a defect begins that is the campaign's own, not the product's. */
const OF_CAMPAIGN = "the campaign:";

/** Chosen anew for every run, so that the runs together see more than one; printed when it fails. */
const SEED_MAX = 1_000_000;

async function campaign(broker: BrokerKind, naive: Naive): Promise<CampaignResult> {
  return await runCampaign({
    naive,
    broker,
    faults: FAULTS,
    entries: ENTRIES_MAX,
    seed: Math.floor(Math.random() * SEED_MAX),
    onBegin: () => {},
    onFault: () => {},
    signal: AbortSignal.timeout(CAMPAIGN_MS_MAX),
  });
}

/** A short campaign may happen to strike only when nothing was left to do; then it proves nothing and is run again. */
const CAMPAIGNS_MAX = 4;

for (const broker of ["sqlite", "redis"] as const) {
  Deno.test(`every entry is handled exactly once and in order while workers are killed, at every named point (${broker})`, async () => {
    for (let left = CAMPAIGNS_MAX; left > 0; left--) {
      const result = await campaign(broker, null);
      const again = `deno task chaos --broker ${broker} --faults ${FAULTS} ` +
        `--entries ${ENTRIES_MAX} --seed ${result.seed}`;
      const told = `${
        formatTable([result])
      }\nThe data is kept in ${result.folder}\nAgain: ${again}`;
      const defects = defectsOf(result);
      const struckNothing = defects.length > 0 &&
        defects.every((each) => each.startsWith(OF_CAMPAIGN));
      if (!struckNothing || left === 1) assertEquals(defects, [], told);
      await Deno.remove(result.folder, { recursive: true });
      if (struckNothing) continue;
      const neverHit = result.faults.points.filter(({ kills, stops }) => kills + stops === 0);
      assertEquals(neverHit, [], told);
      return;
    }
  });
}

Deno.test("a campaign finds out a protocol that acknowledges first", async () => {
  const result = await campaign("redis", "acknowledge-first");
  const caught = result.findings.lost.length + result.observed.tooHigh.length +
    result.observed.doneTooEarly.length;
  assertEquals({ caught: caught > 0 }, { caught: true }, formatTable([result]));
  await Deno.remove(result.folder, { recursive: true });
});
