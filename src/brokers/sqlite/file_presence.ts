/**
 * Whether the file that was opened still lies at its path. A file that is deleted, moved away or put in place of another
 * one stays whole for those who have it open: they would go on writing for days into what nobody can open any more, and
 * all of it would be gone with the end of the process.
 *
 * It is only looked at by its path. Opening it besides SQLite, and closing it again, would take away SQLite's locks
 * (https://sqlite.org/howtocorrupt.html, section 2.2).
 *
 * @module
 */

import { isAbsolute } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { BrokerUnsupportedError } from "../../domain/errors.ts";

/** A look takes some microseconds, and what is written within a second of a deletion is lost anyhow. */
const LOOK_MS = 1_000;

/** What tells one file from another. */
interface FileMark {
  readonly device: number;
  /** `null` where the system has no such number. */
  readonly inode: number | null;
}

/** Looks after one file. */
export class FilePresence {
  readonly #location: string;
  readonly #path: string | null;
  readonly #mark: FileMark | null;
  readonly #nowMs: () => number;
  #lookedAtMs: number;

  /**
   * Notes which file is open. One in memory, or one that this program may not look at, is taken for present.
   *
   * @param database The open database.
   * @param options `location`: what the file is called in errors. `nowMs`: a clock in ms, which need not tell the time of
   * day; default this machine's.
   */
  constructor(
    database: DatabaseSync,
    options: { readonly location: string; readonly nowMs?: (() => number) | undefined },
  ) {
    const { location, nowMs = () => performance.now() } = options;
    this.#location = location;
    this.#nowMs = nowMs;
    this.#path = pathOf(database, location);
    const found = this.#path === null ? "unknown" : markOf(this.#path);
    this.#mark = typeof found === "string" ? null : found;
    this.#lookedAtMs = nowMs();
  }

  /**
   * Looks, if the last look was a second ago. Once the file was not there it looks at every call, so that nothing more is
   * written before it is back.
   *
   * @param action What is attempted, for the error.
   * @throws {BrokerUnsupportedError} When the file is not at its path any more, or another one is.
   */
  check(action: string): void {
    if (this.#path === null || this.#mark === null) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#lookedAtMs < LOOK_MS) return;
    const found = markOf(this.#path);
    if (found === "missing") throw this.#gone(action, "was deleted or moved away");
    const { device, inode } = this.#mark;
    if (found !== "unknown" && (found.device !== device || found.inode !== inode)) {
      throw this.#gone(action, "was replaced by another file");
    }
    this.#lookedAtMs = nowMs;
  }

  #gone(action: string, what: string): BrokerUnsupportedError {
    return new BrokerUnsupportedError(
      `Cannot ${action}: SQLite file "${this.#location}" ${what} while it was open, put it back or start again with the one that is there`,
    );
  }
}

/**
 * The whole path: as it was given, or else as SQLite has opened it, because the folder of the program may change later.
 *
 * @returns `null` for none, and for one that this program may not read: asking for it would ask its user.
 */
function pathOf(database: DatabaseSync, location: string): string | null {
  const row = database.prepare("SELECT file FROM pragma_database_list WHERE name = 'main'").get();
  if (typeof row?.file !== "string" || row.file === "") return null;
  const path = isAbsolute(location) ? location : row.file;
  return Deno.permissions.querySync({ name: "read", path }).state === "granted" ? path : null;
}

/** What lies at a path; `unknown` where that cannot be told, which is no reason to end the work. */
function markOf(path: string): FileMark | "missing" | "unknown" {
  try {
    const { dev: device, ino: inode } = Deno.statSync(path);
    return { device, inode };
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? "missing" : "unknown";
  }
}
