/**
 * What every adapter of the checkpoint store port promises. Each adapter's test file gives a place to keep checkpoints
 * and says what happens there from outside: other programs' rubbish, outages, restarts.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import {
  type Checkpoint,
  checkpointIsNewer,
  decodeCheckpoint,
} from "../../src/domain/checkpoint.ts";
import type { EntryId } from "../../src/domain/entry_id.ts";
import {
  BrokerUnavailableError,
  ClosedError,
  InvalidNameError,
  UnknownOutcomeError,
} from "../../src/domain/errors.ts";
import type { CheckpointStore } from "../../src/ports/checkpoint_store.ts";

/** A place to keep checkpoints, empty at first. */
export interface CheckpointPlace extends AsyncDisposable {
  /** Opens a store there, as another process would. */
  open(): CheckpointStore;
  /** Opens a store where nothing answers yet, and how to make it answer. */
  openBeforeItIsThere(): Promise<{ store: CheckpointStore; appear: () => Promise<void> }>;
  /** Puts a text where a group's furthest checkpoint stands. */
  plant(stream: string, group: string, text: string): Promise<void>;
  /** The values that were moved aside, in text order. */
  movedAside(stream: string, group: string): Promise<string[]>;
  /** The own last checkpoint of a consumer, as it is stored. */
  ownOf(stream: string, group: string, consumer: string): Promise<string | null>;
  /** Begins an outage: nothing can be saved until the function that it answers was called. */
  breakDown(): Promise<() => Promise<void>>;
}

/** Where the adapters differ. */
export interface CheckpointStoreFeatures {
  /** Whether `load` works during an outage. */
  readonly loadsDuringOutage: boolean;
}

/** Runs the suite. */
export function checkpointStoreContract(
  name: string,
  make: () => Promise<CheckpointPlace>,
  features: CheckpointStoreFeatures,
): void {
  const test = (fact: string, body: (place: CheckpointPlace) => Promise<void>) =>
    Deno.test(`${name} ${fact}`, async () => {
      await using place = await make();
      await body(place);
    });

  test("loads null where nothing was saved", async (place) => {
    await using store = place.open();
    assertEquals(await store.load("orders", "billing"), null);
  });

  test("loads what another process saved, whole", async (place) => {
    await using writer = place.open();
    await using reader = place.open();
    const saved = checkpoint({ position: "5-0", done: ["7-0", "9-1"], epoch: 3, savedAtMs: 17 });
    assertEquals(await writer.save(saved), true);
    assertEquals(await loaded(reader), saved);
  });

  test("keeps the checkpoints of every stream and group apart", async (place) => {
    await using store = place.open();
    const places = [["a:b", "c"], ["a", "b:c"], ["a", "b"], ["{a}", "b"], ["A", "b"], [
      "ä %3A",
      "💶",
    ]];
    for (const [index, [stream = "", group = ""]] of places.entries()) {
      await store.save(checkpoint({ stream, group, position: `${BigInt(index)}-1` }));
    }
    for (const [index, [stream = "", group = ""]] of places.entries()) {
      const found = decodeCheckpoint(await store.load(stream, group), { stream, group });
      assertEquals(found.kind === "valid" && found.checkpoint.position, `${BigInt(index)}-1`);
    }
  });

  test("passes an older checkpoint over and takes the same one again", async (place) => {
    await using store = place.open();
    const saved = checkpoint({ position: "10-0" });
    assertEquals(await store.save(saved), true);
    assertEquals(await store.save(checkpoint({ position: "9-0" })), false);
    assertEquals(await store.save(saved), true);
    assertEquals(await loaded(store), saved);
  });

  test("tells ids apart above 2^53, up to the largest one", async (place) => {
    await using store = place.open();
    const ascending: EntryId[] = [
      "9007199254740992-0",
      "9007199254740993-0",
      "9007199254740993-9007199254740992",
      "9007199254740993-9007199254740993",
      "18446744073709551614-18446744073709551615",
      "18446744073709551615-0",
      "18446744073709551615-18446744073709551615",
    ];
    for (const position of ascending) {
      assertEquals(await store.save(checkpoint({ position })), true, position);
    }
    for (const position of ascending.slice(0, -1)) {
      assertEquals(await store.save(checkpoint({ position })), false, position);
    }
    assertEquals((await loaded(store)).position, ascending.at(-1));
  });

  test("decides as checkpointIsNewer does", async (place) => {
    await using store = place.open();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(arbitraryCheckpoint, { minLength: 2, maxLength: 6 }),
        async (all) => {
          const group = `group ${run++}`;
          let furthest: Checkpoint | null = null;
          for (const each of all) {
            const candidate = { ...each, group };
            const newer: boolean = furthest === null || checkpointIsNewer(candidate, furthest);
            assertEquals(await store.save(candidate), newer);
            if (newer) furthest = candidate;
            assertEquals(await loaded(store, group), furthest);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  test("keeps the furthest of many that are saved at once", async (place) => {
    await using first = place.open();
    await using second = place.open();
    await using third = place.open();
    const stores = [first, second, third];
    const saves: Promise<boolean>[] = [];
    // An order without order: 7 and 41 have no divisor in common, so every position comes once.
    for (let index = 0; index < 41; index++) {
      const store = stores[index % stores.length] ?? first;
      const position: EntryId = `${9_007_199_254_740_993n + BigInt((index * 7) % 41)}-0`;
      saves.push(store.save(checkpoint({ position, consumer: `consumer ${index % 3}` })));
    }
    const taken = await Promise.all(saves);
    assert(taken.includes(true));
    for (const store of stores) {
      assertEquals((await loaded(store)).position, "9007199254741033-0");
    }
  });

  test("keeps each consumer's own last position beside the furthest", async (place) => {
    await using store = place.open();
    await store.save(checkpoint({ consumer: "a", position: "5-0", done: ["7-0"] }));
    await store.save(checkpoint({ consumer: "b", position: "8-0" }));
    await store.save(checkpoint({ consumer: "a", position: "6-0", done: ["7-0"] }));
    await store.save(checkpoint({ consumer: "a", position: "4-0" }));
    const positions = [];
    for (const consumer of ["a", "b", "c"]) {
      const own = await place.ownOf("orders", "billing", consumer);
      const decoded = decodeCheckpoint(own, { stream: "orders", group: "billing" });
      positions.push(decoded.kind === "valid" ? decoded.checkpoint : decoded.kind);
    }
    assertEquals(positions, [
      checkpoint({ consumer: "a", position: "6-0" }),
      checkpoint({ consumer: "b", position: "8-0" }),
      "none",
    ]);
    assertEquals((await loaded(store)).position, "8-0");
  });

  for (const [what, text] of Object.entries(rubbish)) {
    test(`returns ${what} as it was found, and moves it aside when told`, async (place) => {
      await using store = place.open();
      await place.plant("orders", "billing", text);
      assertEquals(await store.load("orders", "billing"), text);
      assertEquals(await place.movedAside("orders", "billing"), []);
      await store.quarantine("orders", "billing");
      assertEquals(await store.load("orders", "billing"), null);
      assertEquals(await place.movedAside("orders", "billing"), [text]);
    });

    test(`saves over ${what} only after moving it aside`, async (place) => {
      await using store = place.open();
      await place.plant("orders", "billing", text);
      const saved = checkpoint({ position: "1-0" });
      assertEquals(await store.save(saved), true);
      assertEquals(await loaded(store), saved);
      assertEquals(await place.movedAside("orders", "billing"), [text]);
    });
  }

  test("keeps everything that was ever moved aside", async (place) => {
    await using store = place.open();
    for (const text of ["first", "second", "third"]) {
      await place.plant("orders", "billing", text);
      await store.quarantine("orders", "billing");
    }
    assertEquals(await place.movedAside("orders", "billing"), ["first", "second", "third"]);
  });

  test("moves aside what it loaded, and leaves alone what others saved since", async (place) => {
    await using first = place.open();
    await using second = place.open();
    const lost = checkpoint({ position: "9-0" });
    const saved = checkpoint({ position: "1-0" });
    await first.save(lost);
    assertEquals([await loaded(first), await loaded(second)], [lost, lost]);
    await first.quarantine("orders", "billing");
    assertEquals(await place.ownOf("orders", "billing", "main"), null);
    assertEquals(await first.save(saved), true);
    assertEquals(await place.ownOf("orders", "billing", "main"), JSON.stringify(saved));
    await second.quarantine("orders", "billing");
    assertEquals(await loaded(second), saved);
    assertEquals(await place.movedAside("orders", "billing"), [JSON.stringify(lost)]);
  });

  test("moves nothing aside where nothing is", async (place) => {
    await using store = place.open();
    await store.quarantine("orders", "billing");
    assertEquals(await store.load("orders", "billing"), null);
    await store.quarantine("orders", "billing");
    assertEquals(await place.movedAside("orders", "billing"), []);
  });

  test("says that it is not available during an outage, and goes on after it", async (place) => {
    await using store = place.open();
    const before = checkpoint({ position: "1-0" });
    const after = checkpoint({ position: "2-0" });
    await store.save(before);
    const repair = await place.breakDown();
    for (let attempt = 0; attempt < 2; attempt++) {
      const error = await assertRejects(() => store.save(after));
      assert(error instanceof BrokerUnavailableError || error instanceof UnknownOutcomeError);
    }
    if (features.loadsDuringOutage) {
      assertEquals(await loaded(store), before);
    } else {
      await assertRejects(() => store.load("orders", "billing"), BrokerUnavailableError);
    }
    await repair();
    assertEquals(await whenItAnswers(() => loaded(store)), before);
    assertEquals(await store.save(after), true);
    assertEquals(await loaded(store), after);
  });

  test("can be opened before it is there", async (place) => {
    const { store, appear } = await place.openBeforeItIsThere();
    await using _ = store;
    await assertRejects(() => store.load("orders", "billing"), BrokerUnavailableError);
    await assertRejects(() => store.save(checkpoint({})), BrokerUnavailableError);
    await assertRejects(() => store.quarantine("orders", "billing"), BrokerUnavailableError);
    await appear();
    assertEquals(await whenItAnswers(() => store.load("orders", "billing")), null);
    assertEquals(await store.save(checkpoint({})), true);
  });

  test("refuses names that no stream or group can have", async (place) => {
    await using store = place.open();
    await assertRejects(() => store.load("", "billing"), InvalidNameError);
    await assertRejects(() => store.load("orders", "a\0b"), InvalidNameError);
    await assertRejects(() => store.quarantine("orders", " "), InvalidNameError);
    await assertRejects(() => store.save(checkpoint({ stream: "" })), InvalidNameError);
    await assertRejects(() => store.save(checkpoint({ consumer: "" })), InvalidNameError);
  });

  test("throws ClosedError after it was closed, which may be twice", async (place) => {
    const store = place.open();
    await store.load("orders", "billing");
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await assertRejects(() => store.load("orders", "billing"), ClosedError);
    await assertRejects(() => store.save(checkpoint({})), ClosedError);
  });

  test("can be closed without ever being used", async (place) => {
    await using _ = place.open();
  });
}

/** Values that must not be resumed from (V9). */
const rubbish: Readonly<Record<string, string>> = {
  "a text": "not JSON at all",
  "an empty text": "",
  "JSON that is no record": "[1,2,3]",
  "deeply nested JSON": `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  "a foreign stream's checkpoint": JSON.stringify(checkpoint({ stream: "payments" })),
  "a foreign group's checkpoint": JSON.stringify(checkpoint({ group: "audit" })),
  "a newer schema": JSON.stringify({ ...checkpoint({}), schema: 2 }),
  "a position that is not canonical": JSON.stringify({ ...checkpoint({}), position: "05-0" }),
  "a position without a sequence": JSON.stringify({ ...checkpoint({}), position: "5" }),
  "a position beyond 64 bits": JSON.stringify({
    ...checkpoint({}),
    position: "18446744073709551616-0",
  }),
  "a done-set of something else": JSON.stringify({ ...checkpoint({}), done: ["5-0", "x"] }),
  "a checkpoint without incarnation": JSON.stringify({ ...checkpoint({}), incarnation: "" }),
};

/** Few and close values, so that ties and all kinds of order come up. */
const arbitraryHalf = fc.constantFrom("0", "9", "10", "9007199254740992", "9007199254740993")
  .map((digits) => BigInt(digits));
const arbitraryId = fc.tuple(arbitraryHalf, arbitraryHalf).map(([ms, seq]): EntryId =>
  `${ms}-${seq}`
);
const arbitraryCheckpoint = fc.record({
  position: arbitraryId,
  epoch: fc.integer({ min: 1, max: 3 }),
  incarnation: fc.constantFrom("first", "first", "first", "second"),
  doneCount: fc.integer({ min: 0, max: 2 }),
}).map(({ position, epoch, incarnation, doneCount }) => {
  const done: EntryId[] = ["18446744073709551615-0", "18446744073709551615-1"];
  return checkpoint({ position, epoch, incarnation, done: done.slice(0, doneCount) });
});

function checkpoint(differs: Partial<Checkpoint>): Checkpoint {
  return {
    schema: 1,
    stream: "orders",
    group: "billing",
    consumer: "main",
    incarnation: "first",
    position: "5-0",
    done: [],
    epoch: 1,
    savedAtMs: 1_000,
    ...differs,
  };
}

/** What is stored, which must be usable. */
async function loaded(store: CheckpointStore, group = "billing"): Promise<Checkpoint> {
  const decoded = decodeCheckpoint(await store.load("orders", group), { stream: "orders", group });
  assert(decoded.kind === "valid", JSON.stringify(decoded));
  return decoded.checkpoint;
}

/** A store comes back a moment after its server: ours must within these, in ms. */
const RETURN_MS_MAX = 10_000;

/** Asks until the store answers. */
async function whenItAnswers<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + RETURN_MS_MAX;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof BrokerUnavailableError) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}
