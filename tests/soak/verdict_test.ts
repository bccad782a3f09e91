/**
 * The verdict on a soak names everything that is wrong, and nothing else.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { GROUPS } from "./layout.ts";
import { Ledger } from "./ledger.ts";
import type { SoakResult } from "./soak.ts";
import type { Struck } from "./struck.ts";
import { formatEnd } from "./table.ts";
import { defectsOf } from "./verdict.ts";

const FAULT: Struck = {
  name: "Redis killed",
  strikes: "broker",
  atS: 30,
  lastedS: 20,
  attempts: 4.2,
  recoveredS: 2.6,
  waiting: [],
  logLines: 3,
};

const WELL: SoakResult = {
  broker: "redis",
  scenario: "mixed",
  durationS: 60,
  published: 0,
  samples: [],
  struck: [FAULT],
  findings: new Map(GROUPS.map(({ group }) => [group, new Ledger().findings(0)])),
  finishS: 0.3,
  unfinished: [],
  misconduct: [],
  folder: "",
};

Deno.test("defectsOf has nothing against a soak that went well", () => {
  assertEquals(defectsOf(WELL), []);
  assertEquals(
    formatEnd(WELL).split("\n")[0],
    "0 events in 60 s, 1 faults, everything finished 0.3 s after the last one",
  );
});

Deno.test("defectsOf names lost, doubled and disordered events", () => {
  const ledger = new Ledger();
  for (const number of [0, 1, 1, 130, 66]) ledger.saw(number);
  const findings = new Map([...WELL.findings, ["billing", ledger.findings(4)]]);
  assertEquals(defectsOf({ ...WELL, findings }), [
    "billing: lost (2): 2, 3",
    "billing: doubled (1): 1",
    "billing: out of order of their key (1): 66",
  ]);
});

Deno.test("defectsOf names slow recoveries, and a service that knocks too hard or ends by itself", () => {
  const struck: Struck[] = [
    { ...FAULT, recoveredS: 10.4 },
    { ...FAULT, name: "Redis full", recoveredS: null, waiting: ["billing-1", "billing-2"] },
    { ...FAULT, name: "network refuses", attempts: 23.4 },
    { ...FAULT, name: "service stopped", strikes: "service", attempts: 99 },
  ];
  const misconduct = ["the service ended with exit code 1, wanted 0"];
  const unfinished = ["fraud: 3 pending"];
  assertEquals(defectsOf({ ...WELL, struck, misconduct, unfinished }), [
    "not finished: fraud: 3 pending",
    "the service ended with exit code 1, wanted 0",
    "Redis killed at 30 s: recovered only after 10.4 s",
    "Redis full at 30 s: 2 consumers had not recovered: billing-1, billing-2",
    "network refuses at 30 s: 23.4 commands per consumer and second",
  ]);
});
