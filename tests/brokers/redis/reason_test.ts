/**
 * The short reasons in messages are ones that a person understands.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { reasonOf } from "../../../src/brokers/redis/errors.ts";

Deno.test("reasonOf tells a server without room for one more connection from other errors", () => {
  const said = (message: string) => Object.assign(new Error(message), { name: "ReplyError" });
  assertEquals(
    [
      said("ERR max number of clients reached"),
      said("OOM command not allowed when used memory > 'maxmemory'."),
      said("ERR no such key"),
      Object.assign(new Error("read"), { code: "ECONNRESET" }),
      null,
    ].map(reasonOf),
    ["max number of clients reached", "OOM", "ERR", "ECONNRESET", "connection closed"],
  );
});
