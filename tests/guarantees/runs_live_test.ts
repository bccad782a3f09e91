/**
 * Promise: over HTTP, too, who follows a run gets every event once and in order, or is told exactly which are missing.
 * Method: 20,000 events at full speed, of which the newest 2,000 are kept; sixteen clients like `EventSource`, eight at the
 * process that executes the run and eight at another one, break off and reconnect at random, 200 times and more in all,
 * and one comes when most of it is gone.
 */

import { assert, assertEquals } from "@std/assert";
import { Dice } from "../contracts/dice.ts";
import { RunsRig, type RunsRigOptions } from "../http/runs_rig.ts";
import { turn, Wanderer } from "../http/wanderer.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";

const EVENTS = 20_000;
const KEPT = 2_000;
const CLIENTS = 16;
const BREAKS_MIN = 200;
/** So many are told without a pause. */
const BURST = 100;

const options: RunsRigOptions = {
  manager: { lengthMax: KEPT },
  server: { limits: { streamsPerAddressMax: 2 * CLIENTS, streamBytesMax: 65_536 } },
};

testOnEachBroker(
  "20,000 events at full speed, trimmed, over 200 broken streams: all once, or told as missing",
  async ({ broker, reopen }) => {
    const second = await reopen();
    {
      await using here = new RunsRig(broker, options);
      await using there = new RunsRig(second, options);
      const puppet = here.puppet();
      await here.ask("POST", "/runs", { body: { kind: "puppet", id: "seam" } });
      const ctx = await puppet.context;
      const seed = Date.now();
      const clients = Array.from({ length: CLIENTS }, () => new Wanderer());
      const wandering = clients.map((client, index) => {
        const { url } = index % 2 === 0 ? here : there;
        const dice = new Dice(seed + index);
        return client.wander(`${url}/runs/seam/events/stream`, { dice, stayMax: 300 });
      });
      for (let number = 1; number <= EVENTS; number++) {
        ctx.emit("told", number);
        if (number % BURST === 0) await turn();
      }
      puppet.end();
      await Promise.all(wandering);
      // Of the others chance decides whether trimming overtakes them.
      const late = new Wanderer();
      const url = `${there.url}/runs/seam/events/stream`;
      await late.wander(url, { dice: new Dice(seed), stayMax: 300 });
      clients.push(late);
      const told = clients.map(({ faults, eventCount, missingCount }) => ({
        faults: faults.slice(0, 3),
        count: eventCount + missingCount,
      }));
      assertEquals(told, Array(CLIENTS + 1).fill({ faults: [], count: EVENTS }), `seed ${seed}`);
      const breaks = clients.reduce((sum, { connections }) => sum + connections - 1, 0);
      assert(breaks >= BREAKS_MIN, `${breaks} streams were broken, seed ${seed}`);
      assert(late.missingCount > 0, `none was overtaken, seed ${seed}`);
      assert(clients.every(({ eventCount }) => eventCount >= KEPT / 2), `seed ${seed}`);
      const left = () =>
        [here, there].map(({ runs, server }) => runs.subscriptionCount + server.streamCount);
      await eventually("nobody follows any more", () => left().every((count) => count === 0));
    }
    if (second !== broker) await second[Symbol.asyncDispose]();
  },
);
