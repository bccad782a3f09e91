/**
 * What the page shows beside what the recorder of the process says: when states were lit, each step back, and the same from
 * a file.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { actorAt, nextFrame } from "../../src/inspector/timeline.ts";
import type { Chromium } from "./chromium.ts";
import { InspectorPage, type Light } from "./inspector_page.ts";
import { type Recorded, recordedBy } from "./inspector_run.ts";

/** So many steps are gone back. */
const STEPS_BACK = 30;

/** How long after each state was entered it was lit, sorted: in the same order, and none that lasted was missed. */
export function delaysOf(
  lights: readonly Light[],
  { states, lastingMs }: Pick<Recorded, "states"> & { readonly lastingMs: number },
): number[] {
  // One entry for each time that a state was entered.
  const entered = states.filter(({ state }, at) => state !== states[at - 1]?.state);
  let index = -1;
  const delays = lights.map(({ state, atMs }) => {
    // The last one that can be meant: it may have been there several times since.
    const found = entered.findLastIndex((each, at) =>
      at > index && each.state === state && each.atMs <= atMs
    );
    assert(found >= 0, `${state} was lit at ${atMs}, after ${JSON.stringify(entered[index])}`);
    index = found;
    return atMs - (entered[found]?.atMs ?? 0);
  });
  const missed = entered.filter(({ state, atMs }, at) => {
    const [next, seenMs] = [entered[at + 1], atMs + lastingMs];
    const lasted = next !== undefined && next.atMs > seenMs;
    return lasted && state !== "" && lights.findLast((light) =>
          light.atMs <= seenMs
        )?.state !== state &&
      atMs > (lights[0]?.atMs ?? Infinity);
  });
  assertEquals(missed, []);
  return delays.slice(1).toSorted((one, two) => one - two);
}

/** Each step back shows what the recorder has of that moment. */
export async function stepsBack(shown: InspectorPage, { timeline }: Recorded): Promise<void> {
  await shown.press("Context");
  for (let step = 0; step < STEPS_BACK; step++) {
    await shown.key("ArrowLeft");
    const { seq, actor, context, was, lit } = await shown.picture();
    const recorded = actorAt(timeline, { actor, seq });
    assert(recorded !== null, `${actor} at ${seq}`);
    assertEquals(
      context,
      Object.fromEntries(
        Object.entries(recorded.context).map(([name, value]) => [name, JSON.stringify(value)]),
      ),
    );
    assertEquals(lit.at(-1)?.split(".").slice(1).join("."), stateText(recorded.state));
    // What its last step has changed, which others may have followed.
    const frame = nextFrame(timeline, { seq: seq + 1, actor, towards: "past" });
    const changed = frame?.type === "transition" ? frame.changed : {};
    assertEquals(was, Object.values(changed).map(([before]) => `was ${JSON.stringify(before)}`));
  }
}

function stateText(state: unknown): string {
  if (typeof state === "string") return state;
  return Object.entries(state ?? {}).map(([key, inner]) => `${key}.${inner}`).join();
}

/** What was saved shows the same, wherever it is opened. */
export async function isTheSameFromAFile(
  shown: InspectorPage,
  { chromium, url }: { readonly chromium: Chromium; readonly url: string },
): Promise<void> {
  const { seq } = await shown.picture();
  const { text } = await recordedBy(url);
  const file = await InspectorPage.open(chromium, url);
  await file.becomes("live");
  await file.drop("saved.jsonl", text);
  await file.becomes("file");
  await file.choose("main");
  for (let step = 0; step < STEPS_BACK * 3; step++) {
    if ((await file.picture()).seq <= seq) break;
    await file.key("ArrowLeft");
  }
  assertEquals(await file.picture(), await shown.picture());
}
