/**
 * The contract of the commit: checks first, then outputs, acknowledgement and checkpoint, all or nothing.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { ENTRY_ID_MAX, ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import type { Settlement } from "../../src/domain/settlement.ts";
import {
  append,
  commit,
  deferred,
  type Fact,
  GROUP,
  handled,
  idOf,
  join,
  lost,
  output,
  pending,
  progress,
  readNew,
  readOwn,
  said,
  STREAM,
  thrownBy,
} from "./contract.ts";

function deadLettered(id: string): Settlement {
  return { kind: "deadLettered", id: idOf(id), letter: output("dead", id), reason: "test" };
}

/** Defines the tests. */
export function testCommits(fact: Fact): void {
  fact("commit applies every kind of settlement at once", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0", "4-0", "5-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await broker.deleteEntries(STREAM, ["4-0"]);
    const result = await commit(broker, ann, [
      handled("1-0", output("out", "a"), output("more", "b"), output("out", "c")),
      deferred("2-0", { dueAtMs: 5_000, failures: 2 }),
      deadLettered("3-0"),
      lost("4-0"),
    ]);
    const { kind, verdicts, workErrors, doneCount } = result;
    assertEquals({ kind, verdicts, workErrors, doneCount }, {
      kind: "committed",
      verdicts: ["committed", "committed", "committed", "committed"],
      workErrors: new Map(),
      doneCount: 2,
    });
    assertEquals(progress(result), "1-0 | 3-0 4-0");
    assertEquals([
      await said(broker, "out"),
      await said(broker, "more"),
      await said(broker, "dead"),
    ], [
      ["a", "c"],
      ["b"],
      ["3-0"],
    ]);
    assertEquals(await pending(broker), ["2-0 ann x1", "5-0 ann x1"]);
    assertEquals((await broker.listGroups(STREAM))[0]?.lostCount, 1);
    const { entries } = await readOwn(broker, ann);
    assertEquals(entries.map(({ failures, dueAtMs }) => [failures, dueAtMs]), [[2, 5_000], [0, 0]]);
  });

  fact("commit may output to the stream that it reads", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0", output(STREAM, "again"))]);
    const [entry] = await readNew(broker, ann);
    assertEquals(entry?.fields, output(STREAM, "again").fields);
  });

  fact("commit keeps the bytes of outputs", async (broker) => {
    const bytes = new Uint8Array([0xff, 0x00, 0x80]);
    const fields = ["a", "1", "a", "2", "__proto__", bytes];
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0", { stream: "out", fields })]);
    assertEquals((await broker.range("out", { count: 1 }))[0]?.fields, fields);
  });

  fact("the same token is answered already, with the verdicts of that time", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    await readNew(broker, ann, 2);
    const settlements = [handled("1-0", output("out", "1")), handled("3-0", output("out", "3"))];
    const first = await commit(broker, ann, settlements, { token: "t" });
    const again = await commit(broker, ann, settlements, { token: "t" });
    const other = await commit(broker, bob, settlements, { token: "t" });
    assertEquals([first, again, other].map(({ kind, verdicts }) => [kind, ...verdicts]), [
      ["committed", "committed", "fenced"],
      ["already", "committed", "fenced"],
      ["committed", "done", "fenced"],
    ]);
    assertEquals(again.checkpoint, first.checkpoint);
    assertEquals(await said(broker, "out"), ["1"]);
    const next = await commit(broker, ann, [handled("2-0")], { token: "u" });
    assertEquals([next.kind, next.checkpoint.position], ["committed", "2-0"]);
  });

  fact("a commit without a token leaves the one before it to be sent again", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await commit(broker, ann, [deadLettered("1-0")], { token: "t" });
    const byHand = await commit(broker, ann, [handled("2-0")], { token: null });
    const twice = await commit(broker, ann, [handled("2-0")], { token: null });
    const again = await commit(broker, ann, [deadLettered("1-0")], { token: "t" });
    assertEquals([byHand, twice, again].map(({ kind, verdicts }) => [kind, ...verdicts]), [
      ["committed", "committed"],
      ["committed", "done"],
      ["already", "committed"],
    ]);
    assertEquals([again.checkpoint.position, await pending(broker)], ["2-0", []]);
    assertEquals((await broker.listConsumers(STREAM, GROUP))[0]?.position, "2-0");
  });

  fact("a new process of the same name finds the token of the old one", async (broker) => {
    await append(broker, "1-0");
    const old = await join(broker, "ann");
    await readNew(broker, old);
    await commit(broker, old, [handled("1-0")], { token: "t" });
    const now = await join(broker, "ann");
    const again = await commit(broker, now, [handled("1-0")], { token: "t" });
    assertEquals([again.kind, again.verdicts], ["already", ["committed"]]);
  });

  fact("what was finished before is done, without outputs", async (broker) => {
    await append(broker, "1-0", "2-0", "3-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0"), handled("3-0")]);
    const settlements: Settlement[] = [
      handled("1-0", output("out", "1")),
      deadLettered("3-0"),
    ];
    const { verdicts } = await commit(broker, ann, settlements);
    assertEquals(verdicts, ["done", "done"]);
    assertEquals([await said(broker, "out"), await said(broker, "dead")], [[], []]);
    const later = [
      await commit(broker, ann, [deferred("1-0")]),
      await commit(broker, ann, [lost("1-0")]),
    ];
    assertEquals(later.map((result) => result.verdicts[0]), ["done", "done"]);
  });

  fact(
    "V5: entries finished above the watermark are done when handed out again",
    async (broker) => {
      await append(broker, "1-0", "2-0", "3-0", "4-0");
      const ann = await join(broker, "ann");
      await broker.establish(ann, {
        createStream: false,
        group: { reset: "1-0" },
        checkpoint: { position: "1-0", done: ["3-0"] },
        quarantine: false,
      });
      await readNew(broker, ann);
      const settlements = ["2-0", "3-0", "4-0"].map((id) => handled(id, output("out", id)));
      const result = await commit(broker, ann, settlements);
      assertEquals(result.verdicts, ["committed", "done", "committed"]);
      assertEquals([await said(broker, "out"), progress(result)], [["2-0", "4-0"], "4-0 |"]);
      assertEquals(await pending(broker), []);
    },
  );

  fact("entries that were never handed out are fenced", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann, 1);
    const settlements = [handled("1-0"), handled("2-0"), lost("3-0"), deferred("4-0")];
    const { verdicts } = await commit(broker, ann, settlements);
    assertEquals(verdicts, ["committed", "fenced", "fenced", "fenced"]);
    assertEquals(await pending(broker), []);
  });

  fact("commit takes 1,000 settlements, of many pending ones", async (broker) => {
    const ids = Array.from({ length: 2_000 }, (_, index) => idOf(`${index + 1}-0`));
    await append(broker, ...ids.slice(0, 1_000));
    await append(broker, ...ids.slice(1_000));
    const ann = await join(broker, "ann");
    const bob = await join(broker, "bob");
    for (let page = 0; page < 20; page++) await readNew(broker, page % 2 ? bob : ann, 100);
    const mine = ids.filter((_, index) => Math.floor(index / 100) % 2 === 0);
    const result = await commit(broker, ann, mine.map((id) => handled(id)));
    assertEquals(new Set(result.verdicts), new Set(["committed"]));
    assertEquals([result.checkpoint.position, result.doneCount], ["100-0", 900]);
    assertEquals(result.checkpoint.done, mine.slice(100));
  });

  fact("commit refuses what is no request", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    const many = Array.from({ length: 1_001 }, (_, index) => handled(`${index + 1}-0`));
    const thrown = await thrownBy(
      () => commit(broker, ann, []),
      () => commit(broker, ann, many),
      () => commit(broker, ann, [handled("2-0"), handled("1-0")]),
      () => commit(broker, ann, [handled("1-0"), handled("1-0")]),
    );
    assertEquals(thrown, Array(4).fill("InvalidOptionError"));
    assertEquals(await pending(broker), ["1-0 ann x1", "2-0 ann x1"]);
  });

  fact("T20: a commit whose output is refused has no effect at all", async (broker) => {
    await append(broker, "1-0", "2-0");
    await broker.append("full", [{ id: ENTRY_ID_MAX, fields: ["a", "b"] }]);
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    await commit(broker, ann, [handled("1-0")]);
    const before = await broker.loadCheckpoint(STREAM, GROUP);
    const settlements = [handled("2-0", output("out", "2"), output("full", "2"))];
    const thrown = await thrownBy(() => commit(broker, ann, settlements, { token: "t" }));
    assertEquals(thrown, ["StreamExhaustedError"]);
    assertEquals(await pending(broker), ["2-0 ann x1"]);
    assertEquals([await said(broker, "out"), await broker.loadCheckpoint(STREAM, GROUP)], [
      [],
      before,
    ]);
    const retried = await commit(broker, ann, [handled("2-0")], { token: "t" });
    assertEquals([retried.kind, retried.verdicts], ["committed", ["committed"]]);
  });

  fact("commit saves the checkpoint in the consumer's name", async (broker) => {
    await append(broker, "1-0", "2-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    const { checkpoint } = await commit(broker, ann, [handled("1-0")]);
    assertEquals(await broker.loadCheckpoint(STREAM, GROUP), checkpoint);
    const { savedAtMs, incarnation, ...rest } = checkpoint;
    assert(Math.abs(savedAtMs - Date.now()) < 60_000);
    assertEquals(incarnation, (await broker.streamInfo(STREAM))?.incarnation);
    assertEquals(rest, {
      schema: 1,
      stream: STREAM,
      group: GROUP,
      consumer: "ann",
      position: "1-0",
      done: [],
      epoch: 1,
    });
  });

  fact("a commit that finishes nothing leaves the position at the beginning", async (broker) => {
    await append(broker, "1-0");
    const ann = await join(broker, "ann");
    await readNew(broker, ann);
    const result = await commit(broker, ann, [deferred("1-0")]);
    assertEquals([progress(result), result.doneCount], [`${ENTRY_ID_ZERO} |`, 0]);
  });
}
