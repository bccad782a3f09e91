/**
 * The invariants of hand-outs and attempts (I3, H1, H2), each tried on histories that break it.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  after,
  applied,
  committed,
  findings,
  handedOut,
  handled,
  isFirstCommit,
  isLastCommit,
  sent,
  SOUND,
  told,
  tried,
  without,
} from "./tale.ts";

const DESTROYED = { kind: "groupDestroyed", at: { atMs: 5 }, stream: "s", group: "g" } as const;
const destroyed = told({ kind: "faultStruck", fault: 0, name: "groupDestroyed" });

Deno.test("I3 finds an entry that is handed out after it was finished", () => {
  const happenings = after(isFirstCommit, handedOut(["1-0"], { atMs: 900 }));
  assertEquals(findings({ happenings }), [
    "I3 1-0 (number 0) in group g of s was finished at 10 and handed out to w at 900",
    "H1 1-0 (number 0) in group g of s was handed out to w at 10 and again to w at 900, and nothing " +
    "was wrong",
  ]);
});

Deno.test("I3 lets a group that was destroyed hand out again what is done", () => {
  const happenings = after(isFirstCommit, destroyed, handedOut(["1-0"]));
  assertEquals(findings({ happenings, plan: { faults: [DESTROYED] } }), []);
});

Deno.test("I3 finds a handler that begins on what is done in a process that was handed nothing", () => {
  const happenings = after(isFirstCommit, ...tried("1-0", { process: "q", consumer: "v" }));
  assertEquals(findings({ happenings }), [
    "I3 1-0 (number 0) in group g of s was finished at 10 and begun by q at 10",
    "H1 1-0 (number 0) in group g of s was begun 1 times as attempt 1 by q, after 0 hand-outs",
  ]);
});

Deno.test("H1 finds an entry that was finished and that no handler has seen", () => {
  const happenings = without((each) => "id" in each && each.id === "3-0" && "attempt" in each);
  assertEquals(findings({ happenings }), [
    "H1 3-0 (number 2) in group g of s is finished, and no handler was called",
  ]);
});

Deno.test("H1 finds a second attempt that nothing explains, and takes a failure as a reason", () => {
  const [began, ended] = tried("1-0", { attempt: 1 });
  const again = (attempt: number) =>
    after(
      (each) => each.kind === "handlerEnded" && each.id === "1-0",
      ...tried("1-0", { attempt }),
    );
  assertEquals([began?.kind, ended?.kind], ["handlerBegan", "handlerEnded"]);
  assertEquals(findings({ happenings: again(2) }), []);
  assertEquals(findings({ happenings: again(1) }), [
    "H1 1-0 (number 0) in group g of s was begun 2 times as attempt 1 by p, after 1 hand-outs",
  ]);
});

Deno.test("H1 takes an earlier entry of the key that came late as a reason", () => {
  const late = SOUND.filter((each) => !("id" in each && each.id === "1-0" && "attempt" in each));
  const at = late.findIndex((each) => each.kind === "handlerEnded" && each.id === "2-0");
  const happenings = [
    ...late.slice(0, at + 1),
    ...tried("1-0"),
    ...tried("2-0"),
    ...late.slice(at + 1),
  ];
  assertEquals(findings({ happenings }), []);
});

Deno.test("H1 takes an earlier entry as late when its answer came late, not when the broker sent it", () => {
  const isOf = (id: string) => (each: typeof SOUND[number]) => "id" in each && each.id === id;
  const isHandOut = (each: typeof SOUND[number]) =>
    each.kind === "callApplied" && each.applied.method === "readNew" && "entries" in each.applied &&
    each.applied.entries[0]?.id === "1-0";
  // The earlier one is given up without a call of its handler.
  const rest = SOUND.filter((each) => !isOf("1-0")(each) || each.kind === "published")
    .filter((each) => !isHandOut(each) && !("attempt" in each && isOf("2-0")(each)))
    .map((each) =>
      isFirstCommit(each)
        ? committed([{ ...handled("1-0"), kind: "deadLettered" }, handled("2-0")], {
          position: "2-0",
        })
        : each
    );
  const at = rest.findIndex((each) => each.kind === "callApplied" && "verdicts" in each.applied);
  const found = (...more: typeof SOUND[number][]) =>
    findings({ happenings: [...rest.slice(0, at), ...more, ...rest.slice(at)] })
      .filter((each) => each.startsWith("H1"));
  const earlier = handedOut(["1-0"], { call: 20 });
  const later = handedOut(["2-0"], { call: 21 });
  const place = { stream: "s", group: "g", consumer: "w", epoch: 1 };
  const came = (thrown: string | null) =>
    told({ kind: "callAnswered", method: "readNew", thrown, call: 20, ...place });
  const [first, second] = [tried("2-0"), tried("2-0")];
  const twice = [
    "H1 2-0 (number 1) in group g of s was begun 2 times as attempt 1 by p, after 1 hand-outs",
  ];
  assertEquals(found(earlier, later, ...first, came(null), ...second), []);
  assertEquals(found(earlier, came(null), later, ...first, ...second), twice, "it came before");
  assertEquals(found(earlier, later, ...first, ...second, came(null)), twice, "it came after");
  assertEquals(found(earlier, later, ...first, came("UNKNOWN"), ...second), twice, "it never came");
});

Deno.test("H1 finds an entry that is handed out twice while nothing is wrong", () => {
  const isHandOut = (each: typeof SOUND[number]) =>
    each.kind === "callApplied" && each.applied.method === "readNew";
  const again = handedOut(["1-0"], { atMs: 500 });
  assertEquals(findings({ happenings: after(isHandOut, again) }), [
    "H1 1-0 (number 0) in group g of s was handed out to w at 10 and again to w at 500, and nothing " +
    "was wrong",
  ]);
  const stopped = told({ kind: "stopAsked", life: 1, now: false }, { atMs: 400 });
  assertEquals(
    findings({ happenings: after(isHandOut, stopped, again) })
      .filter((each) => each.startsWith("H1")),
    [],
  );
});

Deno.test("H1 takes a second look at the own pending list as none", () => {
  const entries = [{ id: "1-0", deliveries: 1, failures: 0 }] as const;
  const look = applied({ method: "readOwnPending", entries, lost: [] }, { atMs: 500 });
  const happenings = after(
    (each) => each.kind === "callApplied" && each.applied.method === "readNew",
    look,
  );
  assertEquals(findings({ happenings }), []);
});

Deno.test("H2 finds an attempt that is not above the failures that are known", () => {
  const entries = [{ id: "3-0", deliveries: 1, failures: 1 }] as const;
  const happenings = SOUND.map((each) =>
    each.kind === "callApplied" && "entries" in each.applied &&
      each.applied.entries[0]?.id === "3-0"
      ? applied({ method: "readNew", entries, lost: [] })
      : each
  );
  assertEquals(findings({ happenings }), [
    "H2 3-0 (number 2) in group g of s: attempt 1, and 1 failures were known",
  ]);
});

Deno.test("H2 finds failures that the broker was told and has forgotten, unless nobody knows whose the entry was", () => {
  const noting = { method: "recordFailure", id: "3-0", failures: 2 } as const;
  const noted = [
    sent(noting, { call: 90 }),
    applied({ method: "recordFailure" }, { call: 90 }),
  ];
  const again = (failures: number) =>
    applied({
      method: "readOwnPending",
      entries: [{ id: "3-0", deliveries: 1, failures }],
      lost: [],
    });
  const isHandOut = (each: typeof SOUND[number]) =>
    each.kind === "callApplied" && "entries" in each.applied &&
    each.applied.entries[0]?.id === "3-0";
  const at = SOUND.findIndex(isHandOut) + 1;
  const found = (...more: typeof SOUND[number][]) =>
    findings({ happenings: [...SOUND.slice(0, at), ...more, ...SOUND.slice(at)] })
      .filter((each) => each.includes("had been noted"));
  assertEquals(found(...noted, again(1)), [
    "H2 3-0 (number 2) in group g of s was handed out to w at 10 with 1 failures, and 2 had been noted",
  ]);
  assertEquals(found(...noted, again(2)), []);
  const claimed = applied({ method: "claim", entries: [], lost: [] }, {
    consumer: "v",
    process: "q",
  });
  assertEquals(found(claimed, ...noted, again(1)), []);
  const gone = findings({
    happenings: [...SOUND.slice(0, at), destroyed, ...noted, again(1), ...SOUND.slice(at)],
    plan: { faults: [DESTROYED] },
  });
  assertEquals(
    gone.filter((each) => each.includes("had been noted")),
    [],
    "its group was destroyed",
  );
  const elsewhere = noted.map((each) => ({ ...each, epoch: 2 }));
  assertEquals(found(...elsewhere, again(1)), [], "another life has the name");
  const refused = applied({ method: "recordFailure", thrown: "GROUP_MISSING" }, { call: 90 });
  assertEquals(found(sent(noting, { call: 90 }), refused, again(1)), []);
});

Deno.test("H2 finds attempts that count backwards", () => {
  const isAttempt = (each: typeof SOUND[number]) => "attempt" in each && each.id === "3-0";
  const at = SOUND.findIndex(isAttempt);
  const rest = SOUND.filter((each) => !isAttempt(each));
  const happenings = [
    ...rest.slice(0, at),
    ...tried("3-0", { attempt: 2 }),
    ...tried("3-0", { attempt: 1 }),
    ...rest.slice(at),
  ];
  assertEquals(rest.some(isLastCommit), true);
  assertEquals(findings({ happenings }), [
    "H2 3-0 (number 2) in group g of s: attempt 1 after 2 in p",
  ]);
});
