/**
 * Pending entries and dead letters as the inspector shows them: never a payload, and a replay that appends nothing twice.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { type Broker, deadLetterStream, StreamProducer } from "../../mod.ts";
import { DeadLetterDesk } from "../../src/inspector/dead_letter_desk.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { runHere } from "../cli/in_process.ts";
import { testOnEachBroker } from "../support/each_broker.ts";
import { eventually } from "../support/eventually.ts";
import { plan } from "../support/supervised_service.ts";
import { inspected, type InspectedService } from "./routes_rig.ts";

const CANARY = "canary-8c1d";

/** Gives up what is negative, and waits for ever for what is zero. */
const consumers = [plan("calm", {
  attemptsMax: 1,
  handler: async (event, context) => {
    if (event.data === 0) {
      await new Promise((_, reject) => context.signal.addEventListener("abort", reject));
    }
    if (typeof event.data === "object") context.deadLetter("it is wrong");
  },
})];

async function publishWrong(broker: Broker, count: number): Promise<void> {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  const data = { secret: CANARY };
  await producer.publishMany(Array.from({ length: count }, () => ({ type: "job", data })));
}

async function lettersOf(broker: Broker): Promise<number> {
  return (await broker.streamInfo(deadLetterStream("jobs")))?.length ?? 0;
}

const LETTERS = "dead-letters?stream=jobs&group=calm";

async function list(service: InspectedService, query = LETTERS) {
  const [status, body] = await service.get(query);
  assertEquals(status, 200, JSON.stringify(body));
  const { dead_letters: letters, next } = Object(body);
  assertEquals(JSON.stringify(body).includes(CANARY), false);
  return { letters, next };
}

testOnEachBroker(
  "the inspector lists dead letters part by part, without their payloads",
  async ({ broker }) => {
    await publishWrong(broker, 40);
    await using service = await inspected(broker, { consumers });
    await eventually("they are given up", async () => await lettersOf(broker) === 40);
    const whole = await list(service);
    assertEquals([whole.letters.length, whole.next], [40, null]);
    const { id: _, entry, at_ms: __, ...first } = whole.letters[0];
    const [published] = await broker.range("jobs", { count: 1 });
    assertEquals([entry, first], [published?.id, {
      group: "calm",
      consumer: "main",
      attempts: 1,
      delivery_count: 1,
      reason: "it is wrong",
      cause: null,
    }]);
    const inParts = async (order: string) => {
      const parts: unknown[] = [];
      let after = "";
      for (;;) {
        const part = await list(service, `${LETTERS}${order}&limit=7${after}`);
        parts.push(...part.letters);
        if (part.next === null) return parts;
        after = `&after=${part.next}`;
      }
    };
    assertEquals(await inParts(""), whole.letters);
    assertEquals(await inParts("&order=oldest"), whole.letters);
    assertEquals(await inParts("&order=newest"), whole.letters.toReversed());
    assertEquals((await list(service, `${LETTERS}&order=newest&after=0-0`)).letters, []);
    assertEquals((await service.get(`${LETTERS}&order=latest`))[0], 400);
    assertEquals((await list(service, "dead-letters?stream=jobs&group=other")).letters, []);
    const [missing, problem] = await service.get("dead-letters?stream=none");
    assertEquals([missing, Object(problem).code], [404, "STREAM_MISSING"]);
  },
);

testOnEachBroker(
  "the inspector replays dead letters once, whoever does it how often",
  async ({ broker }) => {
    await publishWrong(broker, 20);
    const gone = { ...consumers[0], handler: () => {} };
    {
      await using _ = await inspected(broker, { consumers });
      await eventually("they are given up", async () => await lettersOf(broker) === 20);
    }
    await using service = await inspected(broker, {
      consumers: [plan("calm", gone)],
      inspector: { commands: true },
    });
    const replay = async (which: object) => {
      const body = { stream: "jobs", group: "calm", ...which };
      return (await service.post("dead-letters/replay", body))[1];
    };
    const nothing = { replayed: 0, known: 0, refused: [], omitted: [], missing: [], next: null };
    const ids = (await list(service)).letters.map(({ id }: { id: string }) => id);
    const strange = "5-5";
    assertEquals(await replay({ ids: [ids[3], ids[3], strange, ids[1]] }), {
      ...nothing,
      replayed: 2,
      missing: [strange],
    });
    assertEquals(await replay({ ids: [ids[1]] }), { ...nothing, missing: [ids[1]] });
    assertEquals(await replay({ all: true, after: ids[17] }), { ...nothing, replayed: 2 });
    assertEquals(await replay({ all: true }), { ...nothing, replayed: 16 });
    assertEquals(await replay({ all: true }), nothing);
    assertEquals((await list(service)).letters, []);
    assertEquals((await broker.streamInfo("jobs"))?.length, 40);
    for (const wrong of [{}, { all: true, ids }, { ids: [] }, { all: false }, { ids: ["x"] }]) {
      assertEquals(Object(await replay(wrong)).code, "INVALID_REQUEST", JSON.stringify(wrong));
    }
  },
);

Deno.test("DeadLetterDesk and the command line know each other's replays", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-" });
  const { openSqliteBroker } = await import("../../src/brokers/sqlite/sqlite_broker.ts");
  try {
    const path = `${folder}/t.db`;
    await using broker = await openSqliteBroker({ path });
    await publishWrong(broker, 1);
    {
      await using _ = await inspected(broker, { consumers });
      await eventually("it is given up", async () => await lettersOf(broker) === 1);
    }
    // Whoever is killed between the two steps leaves the letter behind.
    const halfway = new Proxy(broker, {
      get(target, name) {
        if (name === "deleteEntries") return () => Promise.reject(new Error("killed"));
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    const desk = new DeadLetterDesk({ broker: halfway, clock: systemClock });
    const place = { stream: "jobs", group: "calm" };
    await desk.replay(place, { after: "0-0" }).then(() => {}, () => {});
    assertEquals([await lettersOf(broker), (await broker.streamInfo("jobs"))?.length], [1, 2]);
    const args = ["dead-letters", "replay", "jobs", "calm", "--all", "--json"];
    const { stdout } = await runHere([...args, "--url", `sqlite:${path}`]);
    const { replayed, known } = JSON.parse(stdout);
    assertEquals([replayed, known], [0, 1]);
    assertEquals([await lettersOf(broker), (await broker.streamInfo("jobs"))?.length], [0, 2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

testOnEachBroker("the inspector lists what is pending, part by part", async ({ broker }) => {
  const producer = new StreamProducer({ broker, stream: "jobs" });
  await producer.publishMany(Array.from({ length: 5 }, () => ({ type: CANARY, data: 0 })));
  await using service = await inspected(broker, { consumers });
  const PENDING = "pending?stream=jobs&group=calm";
  await eventually("they are pending", async () => {
    return Object((await service.get(PENDING))[1]).pending?.length === 5;
  });
  const [, body] = await service.get(PENDING);
  assertEquals(JSON.stringify(body).includes(CANARY), false);
  const { pending, next } = Object(body);
  assertEquals(next, null);
  const { id, idle_ms: _, ...first } = pending[0];
  assertEquals(first, { consumer: "main", delivery_count: 1 });
  const [, rest] = await service.get(`${PENDING}&consumer=main&limit=2&after=${id}`);
  const ids = (page: unknown) => Object(page).pending.map((each: { id: string }) => each.id);
  assertEquals(ids(rest), ids(body).slice(1, 3));
  assertEquals(Object(rest).next, ids(body)[2]);
  assertEquals(Object((await service.get(`${PENDING}&consumer=other`))[1]).pending, []);
  const refused: Record<string, number> = {
    "pending?stream=jobs": 400,
    "pending?stream=jobs&group=none": 404,
    "pending?stream=none&group=calm": 404,
    "pending?stream=jobs&group=calm&limit=0": 400,
    "pending?stream=jobs&group=calm&limit=1e3": 400,
    "pending?stream=jobs&group=calm&after=x": 400,
    "pending?stream=jobs&group=calm&more=1": 400,
    "pending?stream=a%00b&group=calm": 400,
    "pending?stream={a}{b}&group=calm": 400,
    "pending?stream=jobs&stream=jobs&group=calm": 400,
  };
  for (const [query, wanted] of Object.entries(refused)) {
    assertEquals((await service.get(query))[0], wanted, query);
  }
});
