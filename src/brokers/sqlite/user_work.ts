/**
 * The user's own SQL inside the commit. It runs in a savepoint, so that one entry's failure undoes that entry's work
 * only, and under an authorizer, so that it can neither end our transaction nor write to our tables.
 *
 * @module
 */

import type { StatementSync } from "node:sqlite";
import type { SqlValue, Transaction, TransactionWork } from "../../domain/transaction.ts";
import { Authorizer } from "./authorizer.ts";
import type { Connection } from "./connection.ts";
import { transientReason } from "./failures.ts";
import { integerOf } from "./rows.ts";

/** How many of the user's statements are kept prepared. A program has few; one that builds its SQL has no end of them. */
const STATEMENTS_MAX = 128;

const SAVEPOINT = "SAVEPOINT tidemark_work";
const RELEASE = "RELEASE tidemark_work";
const UNDO = "ROLLBACK TO tidemark_work";
const FOREIGN_KEY_VIOLATIONS = "SELECT count(*) AS violations FROM pragma_foreign_key_check";

/** What follows a statement that is alone. */
const NOTHING_MORE = /^(?:\s|;|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*$/;

/** The work ended the whole transaction (`INSERT OR ROLLBACK`, `RAISE(ROLLBACK)`): the commit starts again without it. */
export class TransactionEndedError extends Error {
  /**
   * @param index Which settlement it was.
   * @param cause What was thrown, if anything.
   */
  constructor(readonly index: number, override readonly cause: unknown) {
    super("the work of a handler ended the transaction, use ROLLBACK TO nothing and throw instead");
  }
}

/** Runs users' work on one connection. */
export class UserWork {
  readonly #connection: Connection;
  readonly #statements = new Map<string, StatementSync>();
  readonly #authorizer: Authorizer;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#authorizer = new Authorizer(connection.database);
  }

  /**
   * Runs the work of one settlement.
   *
   * @param options `index`: which settlement; `checkForeignKeys`: look for violations that would only show at the end.
   * @returns What it threw, as `error`; `null` when it succeeded. What failed work did is undone.
   * @throws {TransactionEndedError} When the transaction is gone.
   */
  run(
    works: readonly TransactionWork[],
    options: { readonly index: number; readonly checkForeignKeys: boolean },
  ): { readonly error: unknown } | null {
    const { database } = this.#connection;
    this.#connection.statement(SAVEPOINT).run();
    const violationsBefore = options.checkForeignKeys ? this.#violations() : 0;
    try {
      for (const work of works) this.#runOne(work);
      if (!database.isTransaction) throw new TransactionEndedError(options.index, undefined);
      if (options.checkForeignKeys && this.#violations() > violationsBefore) {
        throw new Error("FOREIGN KEY constraint failed");
      }
      this.#connection.statement(RELEASE).run();
      return null;
    } catch (error) {
      if (!database.isTransaction) {
        // A full disk ends the transaction too, and is nobody's fault.
        if (transientReason(error) !== null) throw error;
        throw error instanceof TransactionEndedError
          ? error
          : new TransactionEndedError(options.index, error);
      }
      this.#connection.statement(UNDO).run();
      this.#connection.statement(RELEASE).run();
      return { error };
    }
  }

  #runOne(work: TransactionWork): void {
    let isOver = false;
    const facade: Transaction = {
      run: (sql, ...parameters) =>
        this.#use(sql, isOver, (statement) => {
          return Number(statement.run(...parameters).changes);
        }),
      all: (sql, ...parameters) =>
        this.#use(sql, isOver, (statement) => {
          return statement.all(...parameters);
        }),
    };
    try {
      const result: unknown = work(facade);
      if (isThenable(result)) {
        // Whatever it still does fails at the facade; its rejection must not end the process.
        Promise.resolve(result).catch(() => {});
        throw new TypeError(
          "Cannot wait for work in a transaction: it returned a promise, make the function synchronous",
        );
      }
    } finally {
      isOver = true;
    }
  }

  #use<Result extends number | Record<string, SqlValue>[]>(
    sql: string,
    isOver: boolean,
    act: (statement: StatementSync) => Result,
  ): Result {
    if (isOver) {
      throw new Error("Cannot use the transaction: the work it was given to has returned");
    }
    if (!this.#connection.database.isTransaction) {
      throw new Error("Cannot use the transaction: an earlier statement has ended it");
    }
    return this.#authorizer.judge(() => act(this.#prepare(sql)));
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.database.prepare(sql);
    const rest = sql.startsWith(statement.sourceSQL) ? sql.slice(statement.sourceSQL.length) : "";
    if (!NOTHING_MORE.test(rest)) {
      throw new Error("Cannot run SQL in the work of a handler: wanted one statement, got several");
    }
    if (this.#statements.size >= STATEMENTS_MAX) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  #violations(): number {
    return integerOf(this.#connection.statement(FOREIGN_KEY_VIOLATIONS).get()?.violations);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value &&
    typeof value.then === "function";
}
