/**
 * The broker contract on SQLite in memory.
 *
 * @module
 */

import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { testBrokerContract } from "./broker_contract.ts";

testBrokerContract("SQLite in memory", async () => {
  const broker = await openSqliteBroker({ path: ":memory:" });
  return { broker, [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose]() };
}, { endsOrderedWaitAtOnce: true });
