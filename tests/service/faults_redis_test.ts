/**
 * Promise: within 10 s after Redis or its network is well again, every consumer of a service works, with nothing lost,
 * doubled or out of order; meanwhile none of them sends more than 20 commands a second, and the log tells it in a few
 * lines for all of them. Method: 40 consumers of 5 groups on 3 streams in one process, a real server behind a proxy that
 * counts what is attempted, also in vain. `deno task soak --scenario server-faults` does the same with faults of 20 s.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { CONSUMERS } from "../soak/layout.ts";
import { flush, SERVER_FAULTS } from "../support/server_faults.ts";
import { FaultSetting, NOTHING_WRONG } from "./faults_setting.ts";

/** Well above the waits between two attempts, which have their greatest length after half a second. */
const FAULT_MS = 2_500;

const RECOVERY_MS_MAX = 10_000;
const COMMANDS_MAX = 20;

/** The first failure, that the broker cannot be used, that it can be used again; and this once more if it is shaky. */
const LINES_MAX = 6;

/** Who was away for longer than a lease may lose entries to one that is back sooner: that is told by each, once. */
function isTakenOver({ fields }: FaultSetting["lines"][number]): boolean {
  return fields?.report === "fenced";
}

for (const fault of SERVER_FAULTS) {
  Deno.test(`a service of 40 consumers outlasts a server or network: ${fault.name}`, async () => {
    await using setting = await FaultSetting.start();
    await setting.publish(100);
    await setting.finished();
    await setting.publish(200); // work in flight

    const linesBefore = setting.lines.length;
    await fault.begin(setting);
    const before = setting.proxy.attempts;
    const meanwhile = setting.publish(100);
    const begunMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, FAULT_MS));
    const { connections, requests } = setting.proxy.attempts;
    const seconds = (performance.now() - begunMs) / 1_000;
    await fault.end(setting);

    const attempts = connections - before.connections + requests - before.requests;
    const perSecond = attempts / seconds / CONSUMERS;
    const recoveredMs = await setting.recovered();
    await meanwhile;
    await setting.finished();
    const lines = setting.lines.slice(linesBefore);
    const [taken, told] = [lines.filter(isTakenOver), lines.filter((line) => !isTakenOver(line))];
    assertEquals(setting.findings(), NOTHING_WRONG);
    assert(perSecond <= COMMANDS_MAX, `${perSecond} commands per consumer and second`);
    assert(recoveredMs <= RECOVERY_MS_MAX, `recovered after ${recoveredMs} ms`);
    assert(told.length <= LINES_MAX, `${told.length} lines:\n${JSON.stringify(told, null, 1)}`);
    assert(taken.length <= CONSUMERS, `${taken.length} lines of entries that were taken over`);
  });
}

Deno.test("a service of 40 consumers goes on after a flush with all that was published since", async () => {
  await using setting = await FaultSetting.start();
  await setting.publish(400);
  await flush(setting.server);
  setting.forgive();
  const recoveredMs = await setting.recovered();
  await setting.finished();
  assertEquals(setting.findings(), NOTHING_WRONG);
  assert(recoveredMs <= RECOVERY_MS_MAX, `recovered after ${recoveredMs} ms`);
});
