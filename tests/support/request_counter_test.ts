/**
 * The counter of requests sees each one once, however the bytes are cut, and is not fooled by what they carry.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { RequestCounter } from "./request_counter.ts";

const PING = "*1\r\n$4\r\nPING\r\n";
const SET = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$11\r\n*1\r\n$1\r\n*\r\n\r\n";
const EMPTY = "*2\r\n$3\r\nGET\r\n$0\r\n\r\n";
const STREAM = new TextEncoder().encode(PING + SET + EMPTY + SET + PING);

Deno.test("RequestCounter counts requests, not what looks like one in an argument", () => {
  const counter = new RequestCounter();
  counter.push(STREAM);
  assertEquals(counter.count, 5);
});

Deno.test("RequestCounter counts the same wherever the bytes are cut", () => {
  for (let size = 1; size < STREAM.length; size++) {
    const counter = new RequestCounter();
    for (let at = 0; at < STREAM.length; at += size) counter.push(STREAM.subarray(at, at + size));
    assertEquals(counter.count, 5, `pieces of ${size}`);
  }
});
