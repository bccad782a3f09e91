/**
 * What the reader hands on while other things happen beside its reads.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { type ReadAnswer, Reader } from "../../src/consumer/reader.ts";
import { append, commit, handled, join, readNew } from "../contracts/contract.ts";
import { faultyBroker } from "../support/faulty_broker.ts";
import { PoolRig } from "../support/pool_rig.ts";
import { settle } from "../support/virtual_clock.ts";

Deno.test("Reader passes over what was finished while the own pending list was read", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const member = await join(broker, "ann");
  await append(broker, "1-0", "2-0", "3-0");
  await readNew(broker, member);
  const { pool } = new PoolRig();
  await using _ = pool;
  const late = Promise.withResolvers<void>();
  const reader = new Reader({
    broker: faultyBroker(broker, {
      before() {},
      after: ({ method }) => method === "readOwnPending" ? late.promise : undefined,
    }),
    pool,
    count: 10,
    blockMs: 10,
    report: () => {},
  });
  const answers: ReadAnswer[] = [];
  reader.begin(member);
  reader.read({ ownFirst: true, isAhead: false, answer: (answer) => answers.push(answer) });
  await settle();
  await commit(broker, member, [handled("2-0")]);
  reader.finished("2-0");
  late.resolve();
  await settle();
  assertEquals(answers, [{
    kind: "read",
    count: 2,
    span: { firstId: "1-0", lastId: "3-0" },
    ownPendingDrained: true,
  }]);
  assertEquals(reader.take().map(({ id }) => id), ["1-0", "3-0"]);
  await reader.close();
});

Deno.test("Reader finds an entry that the pool waits for though the pool is full, and only until it has found one", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const member = await join(broker, "ann");
  const { pool } = new PoolRig({ windowMax: 1 });
  await using _ = pool;
  const reader = new Reader({ broker, pool, count: 1, blockMs: 10, report: () => {} });
  const read = async () => {
    const ids: string[] = [];
    reader.read({
      ownFirst: false,
      isAhead: false,
      answer: () => {
        const taken = reader.take();
        ids.push(...taken.map(({ id }) => id));
        pool.admit(taken);
      },
    });
    await settle();
    reader.hold();
    return ids;
  };
  const readOften = async () => (await Array.fromAsync({ length: 9 }, read)).flat();
  reader.begin(member);
  assertEquals(await read(), [], "nothing is known of the own pending list");
  await append(broker, "1-0", "2-0", "3-0", "4-0");
  await readNew(broker, member, 1); // the answers of these reads are lost
  assertEquals(await read(), ["2-0"]);
  await readNew(broker, member, 1);
  assertEquals(await readOften(), [], "a full pool takes nothing");
  reader.lookAgain();
  assertEquals(await readOften(), ["1-0"], "one that it waits for, and no more");
  reader.lookAgain();
  assertEquals(await readOften(), ["3-0"], "one behind what the pool has");
  reader.lookAgain();
  assertEquals(await readOften(), [], "of new ones it takes none");
  await reader.close();
});
