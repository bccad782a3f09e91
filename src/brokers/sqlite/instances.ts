/**
 * Announced processes, in SQLite. Every announcement sweeps away those whose lease is over.
 *
 * @module
 */

import { checkName } from "../../domain/names.ts";
import type { Clock } from "../../ports/clock.ts";
import { type AnnouncedInstance, checkAnnouncement } from "../../ports/instance_store.ts";
import type { Connection } from "./connection.ts";
import { integerOf, textOf } from "./rows.ts";

const SWEEP = "DELETE FROM tidemark_instances WHERE expires_at <= ?";
const SAVE = `INSERT OR REPLACE INTO tidemark_instances
  (instance, text, announced_at, expires_at) VALUES (?, ?, ?, ?)`;
const FORGET = "DELETE FROM tidemark_instances WHERE instance = ?";
const LIST = `SELECT instance, text, announced_at FROM tidemark_instances
  WHERE expires_at > ? ORDER BY instance`;

/** {@linkcode InstanceStore} over one connection. */
export class Instances {
  readonly #connection: Connection;
  readonly #clock: Clock;

  constructor(context: { readonly connection: Connection; readonly clock: Clock }) {
    this.#connection = context.connection;
    this.#clock = context.clock;
  }

  /** See `InstanceStore.announce`. */
  announce(instance: string, text: string, leaseMs: number): void {
    checkAnnouncement(instance, text, leaseMs);
    const connection = this.#connection;
    connection.write(`announce process "${instance}"`, () => {
      const nowMs = this.#clock.nowMs();
      connection.statement(SWEEP).run(nowMs);
      connection.statement(SAVE).run(instance, text, nowMs, nowMs + leaseMs);
    });
  }

  /** See `InstanceStore.withdraw`. */
  withdraw(instance: string): void {
    checkName("instance", instance);
    const connection = this.#connection;
    connection.write(`withdraw process "${instance}"`, () => {
      connection.statement(FORGET).run(instance);
    });
  }

  /** See `InstanceStore.listInstances`. */
  list(): AnnouncedInstance[] {
    const connection = this.#connection;
    return connection.read("list the announced processes", () => {
      const nowMs = this.#clock.nowMs();
      return connection.statement(LIST).all(nowMs).map((row) => ({
        instance: textOf(row.instance),
        text: textOf(row.text),
        ageMs: Math.max(0, nowMs - integerOf(row.announced_at)),
      }));
    });
  }
}
