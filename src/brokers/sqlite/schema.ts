/**
 * The tables of the embedded broker, and how a file is recognised as ours. Every table's name begins with `tidemark_`,
 * so that a user's own tables can live in the same file.
 *
 * Ids are stored in their sortable spelling, whose byte order is the order of ids. A row of `tidemark_streams` or
 * `tidemark_groups` may stand for something that does not exist (yet): a consumer may join before its stream is made,
 * and its epoch must not be forgotten. Such rows have no incarnation, or no `last_delivered`.
 *
 * @module
 */

import type { DatabaseSync } from "node:sqlite";
import { BrokerUnsupportedError } from "../../domain/errors.ts";
import { integerOf } from "./rows.ts";

/** Marks a file as ours in the SQLite header: "TIDE" in ASCII. */
const APPLICATION_ID = 0x54494445;

/** Where a pending entry is: in its owner's hands, or kept for it, behind an unfinished one or free to be read. */
export const IN_HANDS = 0;
/** See {@linkcode IN_HANDS}. */
export const WAITING = 1;
/** See {@linkcode IN_HANDS}. */
export const FREE = 2;

/** The owner of entries that were handed back: no consumer's row has this number. */
export const RELEASED_OWNER = 0;

/** The name that this owner goes by, as on Redis, where it is a consumer of the group. Nobody can join under it. */
export const RELEASED_CONSUMER = "tidemark:released";

/** Version 1. Never changed: what is to be different is made so by a later step. */
const FIRST_TABLES = `
CREATE TABLE tidemark_streams (
  stream_id     INTEGER PRIMARY KEY,
  name          TEXT NOT NULL UNIQUE,
  incarnation   TEXT,                      -- NULL: the stream does not exist, somebody has joined it
  last_id       TEXT NOT NULL,             -- highest id ever appended
  entries_added INTEGER NOT NULL,          -- how many were ever appended
  length        INTEGER NOT NULL           -- how many it holds
) STRICT;

CREATE TABLE tidemark_entries (
  stream_id INTEGER NOT NULL,
  id        TEXT NOT NULL,
  ordinal   INTEGER NOT NULL,              -- entries_added when it was appended, from 1
  key       ANY,                           -- its field "key": TEXT, or BLOB where it holds a NUL or is not UTF-8
  fields    TEXT NOT NULL,                 -- JSON list of names and values, see fields.ts
  PRIMARY KEY (stream_id, id)
) STRICT;

CREATE TABLE tidemark_idempotency (
  stream_id  INTEGER NOT NULL,
  key        TEXT NOT NULL,
  id         TEXT NOT NULL,                -- of the first append
  expires_at INTEGER NOT NULL,             -- ms since 1970
  PRIMARY KEY (stream_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX tidemark_idempotency_by_expiry ON tidemark_idempotency (expires_at);

CREATE TABLE tidemark_groups (
  group_id                    INTEGER PRIMARY KEY,
  stream_id                   INTEGER NOT NULL,
  name                        TEXT NOT NULL,
  last_delivered              TEXT,        -- highest id handed out; NULL: the group does not exist
  entries_read                INTEGER NOT NULL,
  lost_count                  INTEGER NOT NULL,
  done_count                  INTEGER NOT NULL,  -- rows of tidemark_done
  entries_added_at_checkpoint INTEGER NOT NULL,
  checkpoint_schema           INTEGER,     -- NULL: no checkpoint
  checkpoint_consumer         TEXT,
  checkpoint_incarnation      TEXT,
  checkpoint_position         TEXT,
  checkpoint_epoch            INTEGER,
  checkpoint_saved_at         INTEGER,     -- ms since 1970
  UNIQUE (stream_id, name)
) STRICT;

CREATE TABLE tidemark_consumers (
  consumer_id INTEGER PRIMARY KEY,
  group_id    INTEGER NOT NULL,
  name        TEXT NOT NULL,
  epoch       INTEGER NOT NULL,            -- how often a process has joined under this name
  position    TEXT,                        -- the watermark after its last commit
  token       TEXT,                        -- of its last commit
  verdicts    TEXT,                        -- of its last commit, one letter each
  UNIQUE (group_id, name)
) STRICT;

CREATE TABLE tidemark_pending (
  group_id     INTEGER NOT NULL,
  id           TEXT NOT NULL,
  consumer_id  INTEGER NOT NULL,           -- 0: handed back, nobody's
  delivered_at INTEGER NOT NULL,           -- ms since 1970; renewals move it
  deliveries   INTEGER NOT NULL,           -- how often it was handed out
  kept         INTEGER NOT NULL,           -- 0: in its owner's hands; kept for it: 1 waiting, 2 free
  failures     INTEGER NOT NULL,
  due_at       INTEGER NOT NULL,           -- ms since 1970, 0: not deferred
  key          ANY,                        -- NULL also where the group does not keep the order of keys
  PRIMARY KEY (group_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX tidemark_pending_by_consumer ON tidemark_pending (group_id, consumer_id, id);
CREATE INDEX tidemark_pending_by_key ON tidemark_pending (group_id, key, id) WHERE key IS NOT NULL;
CREATE INDEX tidemark_pending_kept ON tidemark_pending (group_id, consumer_id, kept, id) WHERE kept > 0;

CREATE TABLE tidemark_done (
  group_id INTEGER NOT NULL,
  id       TEXT NOT NULL,                  -- finished, above the checkpoint's position
  PRIMARY KEY (group_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE tidemark_quarantine (
  stream      TEXT NOT NULL,
  "group"     TEXT NOT NULL,
  moved_at    INTEGER NOT NULL,            -- ms since 1970
  checkpoint  TEXT NOT NULL                -- as it was found, JSON
) STRICT;
`;

/** Version 2: processes that announce themselves. */
const INSTANCES = `
CREATE TABLE tidemark_instances (
  instance     TEXT PRIMARY KEY,
  text         TEXT NOT NULL,              -- JSON, as it was announced
  announced_at INTEGER NOT NULL,           -- ms since 1970
  expires_at   INTEGER NOT NULL            -- ms since 1970
) STRICT, WITHOUT ROWID;
`;

/** Version 3: journals. */
const JOURNALS = `
CREATE TABLE tidemark_journals (
  journal_id    INTEGER PRIMARY KEY,
  space         TEXT NOT NULL,
  name          TEXT NOT NULL,
  incarnation   TEXT NOT NULL,
  version       INTEGER NOT NULL,          -- how often its state was written
  last_id       TEXT NOT NULL,             -- highest id ever appended
  trimmed_id    TEXT NOT NULL,             -- highest id ever trimmed
  entries_added INTEGER NOT NULL,
  length        INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,          -- ms since 1970
  expires_at    INTEGER,                   -- ms since 1970; NULL: never
  change        INTEGER NOT NULL,          -- number of its last change among those of all journals
  is_gone       INTEGER NOT NULL           -- 1: it is deleted, its entries go piece by piece
) STRICT;
CREATE UNIQUE INDEX tidemark_journals_by_name ON tidemark_journals (space, name) WHERE is_gone = 0;
CREATE INDEX tidemark_journals_by_creation ON tidemark_journals (space, created_at, name) WHERE is_gone = 0;
CREATE INDEX tidemark_journals_by_expiry ON tidemark_journals (expires_at)
  WHERE is_gone = 0 AND expires_at IS NOT NULL;
CREATE INDEX tidemark_journals_by_change ON tidemark_journals (change);
CREATE INDEX tidemark_journals_gone ON tidemark_journals (journal_id) WHERE is_gone = 1;

CREATE TABLE tidemark_journal_states (     -- apart, because appending changes a journal's row and not its state
  journal_id INTEGER PRIMARY KEY,
  state      TEXT NOT NULL                 -- JSON, as it was given
) STRICT;

CREATE TABLE tidemark_journal_entries (
  journal_id INTEGER NOT NULL,
  id         TEXT NOT NULL,
  fields     TEXT NOT NULL,                -- JSON list of names and values, see fields.ts
  PRIMARY KEY (journal_id, id)
) STRICT;

CREATE TABLE tidemark_journal_tokens (
  journal_id INTEGER NOT NULL,
  token      TEXT NOT NULL,
  number     INTEGER NOT NULL,             -- how many of the journal's changes had a token, this one included
  ids        TEXT NOT NULL,                -- of the entries that the change appended, JSON
  expires_at INTEGER NOT NULL,             -- ms since 1970
  PRIMARY KEY (journal_id, token)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX tidemark_journal_tokens_by_number ON tidemark_journal_tokens (journal_id, number);
CREATE INDEX tidemark_journal_tokens_by_expiry ON tidemark_journal_tokens (expires_at);

CREATE TABLE tidemark_journal_count (
  changes INTEGER NOT NULL,                -- how many changes of journals there were
  removed INTEGER NOT NULL                 -- what it was when the row of a journal was last removed
) STRICT;
INSERT INTO tidemark_journal_count VALUES (0, 0);
`;

/** Version 4: what tells a join from one of the same epoch, before its name, group or stream was deleted. */
const TICKETS = "ALTER TABLE tidemark_consumers ADD COLUMN ticket TEXT; -- of the last join";

/** Version 5: entries that a group jumped over because they were gone before it read them. */
const SKIPPED = `
ALTER TABLE tidemark_groups ADD COLUMN skipped_count INTEGER NOT NULL DEFAULT 0; -- of which nobody was told yet
ALTER TABLE tidemark_groups ADD COLUMN skipped_after TEXT;  -- where it stood before the first of them
`;

/** How the tables came to be: a file of version n lacks the steps from n on. */
const STEPS = [FIRST_TABLES, INSTANCES, JOURNALS, TICKETS, SKIPPED] as const;

/** The version of the tables, kept in `user_version`. An older file is brought up to it, a newer one is refused. */
const SCHEMA_VERSION = STEPS.length;

/**
 * Tells what a database file is, without writing to it.
 *
 * @returns The version of its tables: 0 when it is new and empty.
 * @throws {BrokerUnsupportedError} When it belongs to another program, or to a newer version of this one.
 */
export function recogniseSchema(database: DatabaseSync, location: string): number {
  // The mark last: another process may make the tables between two looks, and with them it sets the mark.
  const isEmpty = tableCount(database) === 0;
  const version = headerNumber(database, "user_version");
  const applicationId = headerNumber(database, "application_id");
  if (applicationId !== APPLICATION_ID) {
    if (applicationId === 0 && version === 0 && isEmpty) return 0;
    throw new BrokerUnsupportedError(
      `Cannot use SQLite file "${location}": it belongs to another program, choose a file of Tidemark's own`,
    );
  }
  if (version > SCHEMA_VERSION) {
    throw new BrokerUnsupportedError(
      `Cannot use SQLite file "${location}": its schema version is ${version}, this program knows ${SCHEMA_VERSION}, update Tidemark`,
    );
  }
  return version;
}

/** Whether tables of that version lack something. */
export function isOutdated(version: number): boolean {
  return version < SCHEMA_VERSION;
}

/** Makes the tables that a file of that version lacks. To be called inside a transaction. */
export function updateSchema(database: DatabaseSync, version: number): void {
  for (const step of STEPS.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
}

function headerNumber(database: DatabaseSync, pragma: "application_id" | "user_version"): number {
  return integerOf(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
}

function tableCount(database: DatabaseSync): number {
  return integerOf(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get()?.tables);
}
