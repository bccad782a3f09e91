/**
 * The proof that a fault hit its point, tried on what the broker says at every point: each point is proven by its own
 * evidence and refused by what is known a step before or after it. And the verdict on points that were never hit.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { EntryId } from "../../src/domain/entry_id.ts";
import { Hits } from "./hits.ts";
import type { PendingEntry } from "./moment.ts";
import { Plan } from "./plan.ts";
import { ALL_POINTS, type Point } from "./points.ts";
import { disproof, type Evidence, type Known } from "./proof.ts";
import { Seeded } from "./seeded.ts";
import { pointDefects } from "./verdict.ts";

/** What the broker knows: one entry, 1-0. */
interface Situation {
  /** Who holds it, `null` for nobody; and who held it before. */
  readonly owner: string | null;
  readonly ownerBefore?: string;
  readonly isFinished?: boolean;
  readonly idleMs?: number;
  /** How often w1 was joined since. */
  readonly joins?: number;
  readonly hasCheckpoint?: boolean;
  /** Whether the fault was about the entry. */
  readonly isAbout?: boolean;
}

function evidenceOf(situation: Situation): Evidence {
  const { owner, ownerBefore = null, isFinished = false, idleMs = 10, joins = 0 } = situation;
  const { hasCheckpoint = true, isAbout = true } = situation;
  const held = (consumer: string | null): PendingEntry[] =>
    consumer === null ? [] : [{ id: "1-0", consumer, idleMs, deliveries: 1 }];
  const known = (consumer: string | null, epoch: number): Known => ({
    pending: held(consumer),
    epochs: new Map([["w1", epoch]]),
    position: hasCheckpoint ? "0-0" : null,
  });
  return {
    name: "w1",
    ids: isAbout ? ["1-0"] : [],
    before: known(ownerBefore, 3),
    moment: known(owner, 3 + joins),
    isFinished: (id: EntryId) => isFinished && id === "1-0",
    leaseMs: 600,
  };
}

const NOT_PENDING = "1-0 is not pending for it";
const PENDING = "1-0 is pending for it";
const ABOUT_NOTHING = "it was about nothing";
const own: Situation = { owner: "w1" };
const done: Situation = { owner: null, isFinished: true };
const others: Situation = { owner: "w2" };
const nothing: Situation = { owner: null, isAbout: false };

const unapplied: [Situation, string | null][] = [
  [own, null],
  [done, "1-0 is finished"],
  [others, NOT_PENDING],
  [nothing, ABOUT_NOTHING],
];
const applied: [Situation, string | null][] = [
  [done, null],
  [own, "1-0 is not finished"],
  [{ owner: "w1", isFinished: true }, PENDING],
  [nothing, ABOUT_NOTHING],
];
const joined: [Situation, string | null][] = [
  [{ owner: null, joins: 1 }, null],
  [{ owner: null }, "its name was joined 0 times"],
  [{ owner: null, joins: 2 }, "its name was joined 2 times"],
];
const holding: [Situation, string | null][] = [
  [own, null],
  [others, NOT_PENDING],
  [nothing, ABOUT_NOTHING],
];

const cases: Readonly<Record<Point, [Situation, string | null][]>> = {
  "start.joining": [[nothing, null], [{ owner: null, joins: 1 }, "its name was joined 1 times"]],
  "start.joined": joined,
  "start.validating": joined,
  "start.established": [
    ...joined,
    [{ owner: null, joins: 1, hasCheckpoint: false }, "there is no checkpoint"],
  ],
  "read.handedOut": holding,
  "commit.unsent": unapplied,
  "commit.sent": unapplied,
  "commit.applied": applied,
  "commit.answered": applied,
  "letter.sent": unapplied,
  "letter.applied": applied,
  "renewal.unsent": holding,
  "renewal.applied": [
    [own, null],
    [{ owner: "w1", idleMs: 150 }, "an entry is idle for 150 ms"],
    [others, NOT_PENDING],
  ],
  "reclaim.applied": [
    [{ owner: "w1", ownerBefore: "w2" }, null],
    [{ owner: "w1", ownerBefore: "w1" }, "nothing was another consumer's before"],
    [{ owner: "w2", ownerBefore: "w2" }, NOT_PENDING],
    [nothing, ABOUT_NOTHING],
  ],
  "stop.unsent": [[own, null], [{ owner: null }, "it held nothing"]],
  "stop.applied": [[{ owner: null }, null], [others, null], [own, PENDING]],
};

for (const point of ALL_POINTS) {
  Deno.test(`disproof believes that ${point} was hit only where the data says so`, () => {
    const said = cases[point].map(([situation]) => disproof(point, evidenceOf(situation)));
    assertEquals(said, cases[point].map(([, expected]) => expected));
  });
}

Deno.test("Plan aims at every point once in a round, and at random moments in between", () => {
  const plan = new Plan(new Seeded(1));
  const rounds = [1, 2].map(() => {
    const points: Point[] = [];
    while (points.length < ALL_POINTS.length) {
      const point = plan.next();
      if (point !== null) points.push(point);
    }
    return points;
  });
  assertEquals(rounds.map((points) => points.toSorted()), [1, 2].map(() => ALL_POINTS.toSorted()));
  const named = Array.from({ length: 1_000 }, () => plan.next()).filter((point) => point !== null);
  assertEquals(named.length > 500 && named.length < 700, true);
});

Deno.test("pointDefects accuses a campaign that aimed at a point and never hit it for certain", () => {
  const fault = { kind: "kill", name: "w1", running: 1, pending: 1, commit: null } as const;
  const hits = new Hits();
  hits.add({ ...fault, hit: { point: "commit.sent", disproof: null } });
  hits.add({ ...fault, hit: { point: "commit.sent", disproof: NOT_PENDING } });
  hits.add({ ...fault, hit: { point: "commit.applied", disproof: PENDING } });
  hits.miss("commit.applied");
  hits.miss("reclaim.applied");
  assertEquals(pointDefects(hits.counts.points), [
    `the campaign: never hit "commit: applied, not answered" in 2 tries: ${PENDING}`,
    'the campaign: never hit "reclaim: taken over, not told" in 1 tries: nobody came there',
  ]);
  assertEquals([hits.isProven("commit.sent"), hits.isProven("commit.applied")], [true, false]);
});
