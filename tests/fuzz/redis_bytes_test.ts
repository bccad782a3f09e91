/**
 * Something that is no Redis, or one that has gone mad, at the other end of the connection: whatever bytes it answers, and
 * wherever it hangs up, opening a broker and a call come to an end with a named error.
 *
 * @module
 */

import { assert } from "@std/assert";
import fc from "fast-check";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { fewerCases } from "../support/cases.ts";
import { assertNamed, hostileText } from "../support/hostile.ts";

const encoder = new TextEncoder();

/** One answer in the protocol's forms, right or wrong. */
const anyAnswer: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(
    ...[
      "+OK\r\n",
      "+PONG\r\n",
      ":1\r\n",
      "$-1\r\n",
      "*-1\r\n",
      "*0\r\n",
      "$2\r\nab\r\n",
      "_\r\n",
      "%1\r\n+a\r\n:1\r\n",
    ],
    ...[
      "*2\r\n:1\r\n$1\r\na\r\n",
      "-ERR no\r\n",
      "-NOAUTH no\r\n",
      "-LOADING no\r\n",
      "-WRONGPASS no\r\n",
    ],
    ...[
      "$5\r\nab\r\n",
      "*9\r\n:1\r\n",
      "$-5\r\n",
      ":x\r\n",
      "*x\r\n",
      "?\r\n",
      "\r\n",
      "$99999999999\r\n",
    ],
    ...["HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-x\r\n", `${"*1\r\n".repeat(2_000)}:1\r\n`],
    ...["$14\r\nredis_mode:one\r\n", "$29\r\nredis_version:7.0.15\r\nrole:x\r\n\r\n"],
  ).map((text) => encoder.encode(text)),
  hostileText.map((text) => encoder.encode(`-${text}\r\n`)),
  hostileText.map((text) => encoder.encode(`+${text}\r\n`)),
  fc.uint8Array({ maxLength: 40 }),
);

/** Answers each piece of what it hears with the next of its answers, then hangs up. */
function listen(answers: readonly Uint8Array[]): Disposable & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const serve = async (connection: Deno.Conn) => {
    open.add(connection);
    const heard = new Uint8Array(65_536);
    try {
      for (const answer of answers) {
        if (await connection.read(heard) === null) break;
        await connection.write(answer);
      }
    } catch {
      // The client may hang up first.
    } finally {
      open.delete(connection);
      connection.close();
    }
  };
  const accept = async () => {
    for await (const connection of listener) serve(connection);
  };
  accept().catch(() => {});
  return {
    port: listener.addr.port,
    [Symbol.dispose]() {
      listener.close();
      for (const connection of open) {
        try {
          connection.close();
        } catch {
          // It was closed at the same moment.
        }
      }
    },
  };
}

/** Opens a broker where there is none, and makes a call. */
async function tryOut(answers: readonly Uint8Array[]): Promise<void> {
  using server = listen(answers);
  const url = `redis://127.0.0.1:${server.port}`;
  try {
    await using broker = await openRedisBroker({ url, connectTimeoutMs: 100, callTimeoutMs: 50 });
    await broker.range("s", { count: 1 });
  } catch (error) {
    assertNamed(error);
  }
}

Deno.test("opening a Redis broker ends with a named error, or a broker whose calls do, whatever is at the other end", async () => {
  // Several at once, as each of them is mostly waited for.
  const answers = fc.array(fc.array(anyAnswer, { maxLength: 6 }), { minLength: 10, maxLength: 10 });
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", note);
  try {
    await fc.assert(
      fc.asyncProperty(answers, async (all) => {
        await Promise.all(all.map(tryOut));
      }),
      fewerCases(250),
    );
    assert(unhandled.length === 0, Deno.inspect(unhandled));
  } finally {
    globalThis.removeEventListener("unhandledrejection", note);
  }
});
