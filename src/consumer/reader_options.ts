/**
 * What the reading of one consumer needs: a file of its own, so that reader.ts tells how it reads and nothing else.
 *
 * @module
 */

import type { Broker } from "../ports/broker.ts";
import type { Pool } from "../workers/pool.ts";
import type { Report } from "./report.ts";

/** What a reader needs. */
export interface ReaderOptions {
  /** The broker. */
  readonly broker: Broker;
  /** Whose demand bounds the reads. */
  readonly pool: Pool;
  /** At most so many entries a read, more only of a backlog. */
  readonly count: number;
  /** How long a read waits for new entries, in ms. */
  readonly blockMs: number;
  /** Whom to tell. */
  readonly report: (report: Report) => void;
}
