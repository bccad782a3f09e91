/**
 * A process that others may follow: one lamp that is switched every few milliseconds. Its arguments are the broker (a URL
 * of Redis or the path of a file), its name, and how often the lamp is switched, in ms; with `0` it never is.
 *
 * @module
 */

import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import { LampProcess } from "./remote_rig.ts";

const [place = "", instance = "lamps-1", everyMs = "0"] = Deno.args;
const broker = place.startsWith("redis:")
  ? await openRedisBroker({ url: place })
  : await openSqliteBroker({ path: place });
const lamps = new LampProcess(broker, { instance });
await lamps.announce(2_000);
setInterval(() => lamps.announce(2_000), 500);
if (everyMs !== "0") setInterval(() => lamps.press(), Number(everyMs));
console.log("ready");
