/**
 * The history of a git repository as events: one per commit, in the order in which they were made.
 *
 * @module
 */

import { cutText } from "../../domain/printable.ts";
import type { DemoEvent } from "./demo_event.ts";

/** A history that takes longer lies on a slow disk or a network: the demo then does without. */
const GIT_MS_MAX = 5_000;

/** Characters that no subject or path holds: git escapes them in paths. */
const COMMIT_MARK = "\u001e";
const FIELD_MARK = "\u001f";

/** A key has at most 1,024 bytes; a unit of UTF-16 takes at most three. */
const KEY_LENGTH_MAX = 200;

/** A subject is a line of text; some tools write whole pages into it. */
const SUBJECT_LENGTH_MAX = 1_000;

/**
 * Reads the newest commits of the repository that holds the current folder, oldest first.
 *
 * @param countMax At most so many.
 * @returns Empty where there is no git, no repository or no permission to look.
 */
export async function readHistory(countMax: number): Promise<DemoEvent[]> {
  let result: Deno.CommandOutput;
  try {
    result = await new Deno.Command("git", {
      args: [
        "--no-pager",
        ...["-c", "core.quotePath=false"],
        // Would start gpg for every commit.
        ...["-c", "log.showSignature=false"],
        "log",
        `--max-count=${countMax}`,
        "--reverse",
        "--name-only",
        "--no-renames",
        "--no-color",
        "--encoding=UTF-8",
        `--format=${COMMIT_MARK}${["%H", "%an", "%aI", "%s"].join(FIELD_MARK)}`,
      ],
      // A partial clone must not begin to download what it lacks.
      env: { GIT_NO_LAZY_FETCH: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      signal: AbortSignal.timeout(GIT_MS_MAX),
    }).output();
  } catch (error) {
    if (isAbsence(error)) return [];
    throw error;
  }
  return result.success ? parseHistory(new TextDecoder().decode(result.stdout)) : [];
}

/**
 * Reads what `git log` printed.
 *
 * @param text Per commit a mark, the fields in one line, then the paths of its files.
 */
export function parseHistory(text: string): DemoEvent[] {
  return text.split(COMMIT_MARK).slice(1).map((part) => {
    const [header = "", ...rest] = part.split("\n");
    const [hash = "", author = "", date = "", subject = ""] = header.split(FIELD_MARK);
    const files = rest.filter((path) => path !== "");
    return {
      type: "commit.made",
      // A merge names no file.
      key: cutText(files[0] ?? `by ${author}`, KEY_LENGTH_MAX),
      data: {
        text: cutText(subject, SUBJECT_LENGTH_MAX),
        hash,
        author,
        date,
        fileCount: files.length,
      },
      idempotencyKey: hash,
    };
  });
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.PermissionDenied ||
    (error instanceof DOMException && error.name === "TimeoutError");
}
