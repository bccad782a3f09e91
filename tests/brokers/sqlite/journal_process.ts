/**
 * A process that appends to a journal, one entry a call, each with its name and number. Arguments: the file, its name,
 * how many entries. It tries again where another process holds the file.
 *
 * @module
 */

import { openSqliteBroker } from "../../../src/brokers/sqlite/sqlite_broker.ts";
import { BrokerUnavailableError } from "../../../src/domain/errors.ts";

const [path = "", name = "", count = "1"] = Deno.args;
await using broker = await openSqliteBroker({ path });
const journal = { space: "runs", name: "7" };
for (let index = 0; index < Number(count);) {
  const change = {
    token: `${name} ${index}`,
    entries: [{ fields: [name, String(index), "sent_ms", String(Date.now())] }],
    ...(index % 10 === 9 ? { state: JSON.stringify([name, index]) } : {}),
  };
  try {
    await broker.changeJournal(journal, change);
    index++;
  } catch (error) {
    if (!(error instanceof BrokerUnavailableError)) throw error;
  }
}
