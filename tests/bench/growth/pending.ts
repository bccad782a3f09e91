/**
 * The scenario `growth-pending`: a group with a long list of pending entries, of a consumer that is gone or of its own.
 *
 * @module
 */

import type { Row, Scenario, ScenarioOptions } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import { ConsumerProcess } from "./consumer_process.ts";
import { fill } from "./fill.ts";
import { BROKERS, openPlace, type Place } from "./place.ts";
import { BYTES_PER_MB, PAYLOAD_BYTES } from "./sizes.ts";

const COUNTS = [10, 10_000, 100_000];
const COUNTS_FULL = [10, 10_000, 1_000_000];

/** Whose the pending entries are. */
const OWNERS = ["another", "its own"] as const;

/** So many new events are handled beside those of another consumer. */
const EVENTS = 20_000;
const ROUNDS = 3;
const ROUNDS_FULL = 5;

/** The most that one read hands out. */
const READ_COUNT = 1_000;

const STREAM = "growth";
const GROUP = "growth";

/** {@linkcode Scenario} */
export const growthPending: Scenario = {
  title: "Growth: pending entries",
  isByName: true,
  measures: [
    "A group has a list of pending entries, and a consumer in a process of its own joins. The entries are those of another",
    `consumer whose lease has not expired, and it handles ${
      EVENTS.toLocaleString("en")
    } new events of other keys; or they`,
    "are its own, from before it was killed, and it handles them. The handler does nothing, the order of keys is kept.",
    `Medians of ${ROUNDS} rounds, with --full of ${ROUNDS_FULL}.`,
    "",
    "start     until it has joined",
    "first     until its first commit: from there, or for its own from the start",
    "events/s  of the new events, or of its own pending ones; x 10: by that of the shortest list",
    "commit    from call to answer, of up to 100 events",
    "heap      of the process after the last event",
  ].join("\n"),
  run,
};

interface Setting {
  readonly broker: Place["broker"];
  readonly owner: typeof OWNERS[number];
  readonly pending: number;
  readonly rounds: Figures[];
}

interface Figures {
  readonly startMs: number;
  readonly firstMs: number;
  readonly perSecond: number;
  readonly commitMedianMs: number;
  readonly commitP99Ms: number;
  readonly heapBytes: number;
}

async function run(options: ScenarioOptions): Promise<Row[]> {
  const counts = options.full ? COUNTS_FULL : COUNTS;
  const settings = BROKERS.flatMap((broker) =>
    OWNERS.flatMap((owner) =>
      counts.map((pending): Setting => ({ broker, owner, pending, rounds: [] }))
    )
  );
  const count = options.full ? ROUNDS_FULL : ROUNDS;
  for (let round = 1; round <= count; round++) {
    for (const setting of settings) {
      const { broker, owner, pending, rounds } = setting;
      options.signal.throwIfAborted();
      options.onProgress(
        `growth-pending, round ${round} of ${count}: ${broker}, ${owner}, ${pending}`,
      );
      rounds.push(await measure(setting, options));
    }
  }
  return settings.map((setting) => rowOf(setting, settings));
}

async function measure(
  { broker, owner, pending }: Setting,
  { events: wanted, signal }: ScenarioOptions,
): Promise<Figures> {
  const events = owner === "another" ? wanted ?? EVENTS : pending;
  await using place = await openPlace(broker);
  const target = { broker: place.connection, stream: STREAM };
  const consumer = owner === "another" ? "gone" : "main";
  await fill(target, { events: pending, payloadBytes: PAYLOAD_BYTES, keyPrefix: "held", signal });
  await takeAll(place, { consumer, pending, signal });
  if (owner === "another") await fill(target, { events, payloadBytes: PAYLOAD_BYTES, signal });
  await using process = await ConsumerProcess.start(place, {
    members: [{ stream: STREAM, group: GROUP, consumer: "main" }],
    events,
    // Held, it would hand back what it has read of its own, to come last; as it starts, it reads its own first.
    isHeld: owner === "another",
    signal,
  });
  const heldMs = performance.timeOrigin + performance.now();
  const goneMs = owner === "another" ? heldMs : process.ready.startedAtMs;
  await process.go();
  const done = await process.done();
  return {
    ...done,
    startMs: process.ready.startMs,
    firstMs: done.firstAtMs - goneMs,
    perSecond: done.events / (done.lastAtMs - goneMs) * 1_000,
  };
}

/** Reads everything that there is, as a consumer that is never heard of again. */
async function takeAll(
  { connection }: Place,
  { consumer, pending, signal }: {
    readonly consumer: string;
    readonly pending: number;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  await connection.createGroup(STREAM, GROUP, "beginning");
  const place = { stream: STREAM, group: GROUP, consumer, order: "key" } as const;
  const { membership } = await connection.join(place);
  await connection.establish(membership, {
    createStream: false,
    group: "keep",
    checkpoint: { position: "0-0", done: [] },
    quarantine: false,
  });
  for (let taken = 0; taken < pending;) {
    signal.throwIfAborted();
    const options = { count: READ_COUNT, blockMs: 0, signal };
    const { length } = await connection.readNew(membership, options);
    if (length === 0) throw new Error(`${taken} of ${pending} entries could be read`);
    taken += length;
  }
  await connection.leave(membership);
}

function rowOf({ broker, owner, pending, rounds }: Setting, all: readonly Setting[]): Row {
  const least = all.find((other) => other.broker === broker && other.owner === owner);
  const of = (key: keyof Figures) => median(rounds.map((round) => round[key]));
  const ofLeast = median((least?.rounds ?? []).map((each) => each.perSecond));
  return {
    broker,
    pending: owner,
    entries: pending,
    "start ms": rounded(of("startMs"), 1),
    "first ms": rounded(of("firstMs"), 1),
    "events/s": rounded(of("perSecond")),
    // Ten entries of its own are handled before anything is compiled: nothing to compare with.
    ...owner === "another" ? { "x 10": rounded(of("perSecond") / ofLeast, 2) } : {},
    "commit ms": rounded(of("commitMedianMs"), 2),
    "commit p99 ms": rounded(of("commitP99Ms"), 2),
    "heap MB": rounded(of("heapBytes") / BYTES_PER_MB, 1),
  };
}
