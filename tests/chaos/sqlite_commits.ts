/**
 * Looks on at the instant of every COMMIT of this process: before it nothing of a transaction is in the file, after it
 * everything is, and the product has not heard of it yet. No port lets one stand between the two.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";

/** Called in the thread that commits, which waits for it. */
export interface CommitOnlooker {
  readonly before: () => void;
  readonly after: () => void;
}

/** Makes every COMMIT prepared from now on call the onlooker. Once per process. */
export function lookOnAtCommits(onlooker: CommitOnlooker): void {
  const prepare = DatabaseSync.prototype.prepare;
  DatabaseSync.prototype.prepare = function (sql, ...rest) {
    const statement = prepare.call(this, sql, ...rest);
    if (sql !== "COMMIT") return statement;
    const run = statement.run.bind(statement);
    const watched = () => {
      onlooker.before();
      const result = run();
      onlooker.after();
      return result;
    };
    return Object.defineProperty(statement, "run", { value: watched });
  };
}
