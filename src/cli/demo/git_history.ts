/**
 * The history of a git repository as events: one per commit, in the order in which they were made.
 *
 * @module
 */

import type { DemoEvent } from "./input.ts";

/** A history that takes longer lies on a slow disk or a network: the demo then does without. */
const GIT_MS_MAX = 5_000;

/** Characters that no subject or path holds: git escapes them in paths. */
const COMMIT_MARK = "\u001e";
const FIELD_MARK = "\u001f";

/** Folder levels that make a key: fine enough for many keys, coarse enough that each has a history. */
const KEY_LEVELS = 2;

/** A key has at most 1,024 bytes; a character takes at most four. */
const KEY_CHARACTERS_MAX = 200;

/** A subject is a line of text; some tools write whole pages into it. */
const SUBJECT_CHARACTERS_MAX = 1_000;

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
      key: shortened(folderOf(files[0]) ?? `by ${author}`, KEY_CHARACTERS_MAX),
      data: {
        text: shortened(subject, SUBJECT_CHARACTERS_MAX),
        hash,
        author,
        date,
        fileCount: files.length,
      },
      idempotencyKey: hash,
    };
  });
}

/** The folder of the first changed file; a merge has none. */
function folderOf(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  const folders = path.split("/").slice(0, -1).slice(0, KEY_LEVELS);
  return folders.length === 0 ? "." : folders.join("/");
}

/** By whole characters, so that none is cut in half. */
function shortened(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : [...text].slice(0, charactersMax).join("");
}

function isAbsence(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotCapable ||
    error instanceof Deno.errors.PermissionDenied ||
    (error instanceof DOMException && error.name === "TimeoutError");
}
