/**
 * Tests of what counts as a name, an origin and a secret over HTTP.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { isHttpHost, isHttpOrigin, isHttpToken, isLoopback } from "../../src/domain/http_names.ts";

/** A fact, what it holds for, and what not. */
const FACTS: readonly [(text: string) => boolean, readonly string[], readonly string[]][] = [
  [
    isLoopback,
    ["localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "::1", "[::1]"],
    [
      "",
      "0.0.0.0",
      "::",
      "10.0.0.1",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "128.0.0.1",
    ],
  ],
  [
    isHttpToken,
    ["x".repeat(16), "~!".repeat(256)],
    ["", "x".repeat(15), "x".repeat(513), `${"x".repeat(16)} `, "ü".repeat(16), "x\n".repeat(16)],
  ],
  [
    isHttpHost,
    ["events.example.com", "10.0.0.5:8080", "[::1]:80", "a"],
    ["", "a b", "a/b", "a?b", "a#b", "me@a", "*.a", "a:99999", "a\\b"],
  ],
  [
    isHttpOrigin,
    ["https://app.example.com", "http://localhost:3000", "http://[::1]:1"],
    [
      "",
      "*",
      "null",
      "https://a/",
      "https://a/b",
      "https://A",
      "https://*.a",
      "ftp://a",
      "https://a:443",
    ],
  ],
];

for (const [fact, holds, fails] of FACTS) {
  Deno.test(`${fact.name} takes what servers and browsers say, and nothing like it`, () => {
    assertEquals(holds.filter((text) => !fact(text)), []);
    assertEquals(fails.filter((text) => fact(text)), []);
  });
}
