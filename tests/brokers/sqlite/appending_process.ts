/**
 * A process that appends entries with the time at which it did. Arguments: the file, how many entries.
 *
 * @module
 */

import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";

/** Between two entries: longer than a poll of the reader, so that it has begun to wait again. */
const PAUSE_MS = 25;

const [path = "", count = "1"] = Deno.args;
await using broker = await openSqliteBroker({ path });
for (let index = 0; index < Number(count); index++) {
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  await broker.append("orders", [{ fields: ["sent_ms", String(Date.now())] }]);
}
