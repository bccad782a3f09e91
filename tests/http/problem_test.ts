/**
 * What clients are told of errors, and what they are never told.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  AccessDeniedError,
  BrokerUnavailableError,
  ClosedError,
  InvalidEntryIdError,
  TidemarkError,
  UnknownOutcomeError,
} from "../../src/domain/errors.ts";
import { ProblemError, problemOf, problemResponse } from "../../src/http/problem.ts";

/** What no answer may hold. */
const secret = "redis://user:canary@10.1.2.3:6379 NOAUTH at file:///srv/app.ts:3";

/** Status, code and the whole answer. */
async function told(error: unknown) {
  const response = problemResponse(problemOf(error));
  const body: unknown = await response.json();
  return { status: response.status, retry: response.headers.get("retry-after"), body };
}

Deno.test("problemOf tells an error of the request with its words", async () => {
  assertEquals(await told(new InvalidEntryIdError("5-x")), {
    status: 400,
    retry: null,
    body: {
      type: "about:blank",
      title: "A part of the request is not valid",
      status: 400,
      code: "INVALID_ENTRY_ID",
      detail: 'Cannot use "5-x" as an entry id: wanted two decimals such as "1717000000000-0"',
    },
  });
});

Deno.test("problemOf never tells the words of a broker, an address or a stack", async () => {
  const cause = new Error(secret);
  const errors = [
    new BrokerUnavailableError("read", secret, { cause }),
    new UnknownOutcomeError("append", secret, { cause }),
    new AccessDeniedError("read", secret, { cause }),
    new ClosedError(secret),
    new ProblemError({ status: 400, code: "X", title: "A title" }, { cause }),
    new TypeError(secret),
    Object.assign(new Error(secret), { code: "INVALID_NAME" }),
    secret,
    null,
  ];
  const answers = await Promise.all(errors.map(told));
  assertEquals(answers.map(({ status, retry }) => [status, retry]), [
    [503, "2"],
    [503, "2"],
    [500, null],
    [503, "2"],
    [400, null],
    [500, null],
    [500, null],
    [500, null],
    [500, null],
  ]);
  const text = JSON.stringify(answers);
  for (const part of ["canary", "10.1.2.3", "NOAUTH", "file://", "app.ts"]) {
    assertEquals(text.includes(part), false, part);
  }
});

Deno.test("problemOf is not misled by a code with the name of something every object has", () => {
  class Odd extends TidemarkError {
    readonly code = "constructor";
    readonly recovery = "fatal";
  }
  assertEquals(problemOf(new Odd("odd")).code, "INTERNAL");
});

Deno.test("problemResponse cuts what is long and escapes what steers a terminal", async () => {
  const fault = { in: "query", name: "limit\n", wanted: "w".repeat(1_000) } as const;
  const faults = Array.from({ length: 100 }, () => fault);
  const detail = `\u001b[31m${"d".repeat(5_000)} token=canary`;
  const response = problemResponse({ status: 400, code: "X", title: "T", detail, faults });
  const body = await response.json();
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  assertEquals(body.detail.slice(0, 11), "\\u001b[31md");
  assertEquals([body.detail.length, body.faults.length], [305, 10]);
  assertEquals([body.faults[0].name, body.faults[0].wanted.length], ["limit\\n", 300]);
});
