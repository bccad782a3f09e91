/**
 * What the scenario `sse` finds: that it would notice an event that is lost, doubled or out of order.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { Books } from "./books.ts";
import { markedData, readMarks } from "./mark.ts";

/** One client that gets these numbers, the first of which is of the warm-up; each takes 5 ms. */
function found(numbers: readonly number[]) {
  const books = new Books({ port: 0, path: "/", clients: 1, warmUpEvents: 1, events: 3 });
  const take = books.openAccount();
  for (const number of numbers) take(number, 5);
  const { delivered, lost, doubled, disordered } = books.result();
  return { delivered, lost, doubled, disordered };
}

Deno.test("Books finds what is lost, doubled or out of order", () => {
  const all = { delivered: 4, lost: 0, doubled: 0, disordered: 0 };
  assertEquals(found([1, 2, 3, 4]), all);
  assertEquals(found([1, 2, 4]), { ...all, delivered: 3, lost: 1 });
  assertEquals(found([1, 2, 2, 3, 4]), { ...all, delivered: 5, doubled: 1 });
  assertEquals(found([1, 3, 2, 4]), { ...all, disordered: 1 });
  assertEquals(found([]), { ...all, delivered: 0, lost: 4 });
});

Deno.test("Books measures what was emitted after the warm-up", () => {
  const books = new Books({ port: 0, path: "/", clients: 1, warmUpEvents: 1, events: 1 });
  const take = books.openAccount();
  take(1, 70_000);
  take(2, 5);
  assertEquals(books.result().maxMs, 5);
});

Deno.test("readMarks finds every mark, wherever the bytes are cut", () => {
  const [first, second] = [markedData(1), markedData(1_234_567)];
  const timeOf = (mark: string) => Number(mark.slice(mark.indexOf("@") + 1));
  const bytes = new TextEncoder().encode(
    `id: 1\ndata: ${JSON.stringify(first)}\n\n\r\n12\r\nid: 2\ndata: ${JSON.stringify(second)}\n\n`,
  );
  for (let cut = 0; cut <= bytes.length; cut++) {
    const marks: [number: number, emittedMs: number][] = [];
    const take = (number: number, emittedMs: number) => void marks.push([number, emittedMs]);
    const kept = readMarks(bytes.subarray(0, cut), take);
    readMarks(bytes.subarray(cut - kept), take);
    assertEquals(marks, [[1, timeOf(first.mark)], [1_234_567, timeOf(second.mark)]], `${cut}`);
  }
});
