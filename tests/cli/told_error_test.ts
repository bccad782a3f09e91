/**
 * Tests of what the command line says of errors.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { InputError, UsageError } from "../../src/cli/command.ts";
import { toldOf } from "../../src/cli/told_error.ts";
import { BrokerUnavailableError } from "../../src/domain/errors.ts";
import { StreamMissingError } from "../../src/domain/stream_errors.ts";

Deno.test("toldOf says what to do where the use was wrong, no Redis listens, or a stream is missing", () => {
  const story: [unknown, string][] = [
    [new UsageError("No stream"), 'No stream\nRun "tidemark help" for what there is.'],
    [new InputError("Line 1: it is not JSON"), "Line 1: it is not JSON"],
    [
      new BrokerUnavailableError("connect to redis://a:1/0", "ECONNREFUSED"),
      "Cannot connect to redis://a:1/0: the broker is not available (ECONNREFUSED)\n" +
      "Nothing listens there: start Redis, or say where else it is; " +
      "with sqlite_path instead of redis_url, no server is needed.",
    ],
    [
      new BrokerUnavailableError("connect to redis://a:1/0", "LOADING"),
      "Cannot connect to redis://a:1/0: the broker is not available (LOADING)",
    ],
    [new RangeError("far"), "RangeError: far"],
    ["thrown text", "Failed: thrown text"],
    [
      new StreamMissingError("absent"),
      'Cannot read stream "absent": it does not exist, its first event makes it\n' +
      'Run "tidemark streams" for those that are there.',
    ],
  ];
  for (const [error, told] of story) assertEquals(toldOf(error, "tail"), told);
  const missing = new StreamMissingError("absent");
  assertEquals(toldOf(missing, "run"), missing.message);
});
