/**
 * What can be wrong with a journal.
 *
 * @module
 */

import { TidemarkError } from "./errors.ts";
import { type JournalAddress, type JournalSnapshot, journalText } from "./journal.ts";

/** There is no such journal: it was never made, was deleted, or has expired. */
export class JournalMissingError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "JOURNAL_MISSING";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the journal.
   *
   * @param journal Which one.
   */
  constructor(readonly journal: JournalAddress) {
    super(`Cannot change journal "${journalText(journal)}": it does not exist, create it`);
  }
}

/** A change that was to be made to one version of a journal's state came too late. Nothing was changed. */
export class JournalChangedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "JOURNAL_CHANGED";
  /** Trying the same again cannot help; the caller decides anew on the present snapshot. */
  readonly recovery = "fatal";

  /**
   * Carries what is there.
   *
   * @param snapshot The journal as it is now.
   */
  constructor(readonly snapshot: JournalSnapshot) {
    super(
      `Cannot change journal "${
        journalText(snapshot.journal)
      }": its state is at version ${snapshot.version}, wanted another one or another life of it, decide anew`,
    );
  }
}

/** What is stored of a journal cannot be read: somebody else has written to it. Deleting it goes on. */
export class JournalDamagedError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "JOURNAL_DAMAGED";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the journal and the part.
   *
   * @param journal Which one.
   * @param part What of it is damaged, such as `version`.
   */
  constructor(readonly journal: JournalAddress, readonly part: string) {
    super(
      `Cannot use journal "${
        journalText(journal)
      }": its stored "${part}" is damaged, delete the journal`,
    );
  }
}
