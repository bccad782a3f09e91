/**
 * The broker contract on a SQLite file.
 *
 * @module
 */

import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { testBrokerContract } from "./broker_contract.ts";

testBrokerContract("SQLite file", async () => {
  const dir = await Deno.makeTempDir({ prefix: "tidemark-" });
  const broker = await openSqliteBroker({ path: `${dir}/tidemark.db` });
  return {
    broker,
    async [Symbol.asyncDispose]() {
      await broker[Symbol.asyncDispose]();
      await Deno.remove(dir, { recursive: true });
    },
  };
}, { endsOrderedWaitAtOnce: true });
