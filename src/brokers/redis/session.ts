/**
 * What the parts of the Redis broker share: the command connection and the settings for further ones.
 *
 * @module
 */

import type { Random } from "../../ports/random.ts";
import type { ConnectionSettings, RedisConnection } from "./connection.ts";

/** An open broker, as its parts see it. */
export interface Session {
  /** The one connection for everything that does not block. */
  readonly commands: RedisConnection;
  /** How to make more. */
  readonly settings: ConnectionSettings;
  /** Where fresh incarnations come from. */
  readonly random: Random;
}
