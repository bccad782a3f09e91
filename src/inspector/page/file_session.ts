/**
 * Opens a session file in the page, from its input or dropped on it: nothing of it is sent anywhere.
 *
 * @module
 */

import { openSession, type Session } from "../session_file.ts";

/** @throws {SessionFileError} When it is no session file, damaged, too large, or of another version. */
export function openFile(file: File): Promise<Session> {
  return openSession(partsOf(file), { name: file.name });
}

/** Whoever drops a file on the page means the page. */
export function onFileDropped(open: (file: File) => void): void {
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    const [file] = event.dataTransfer?.files ?? [];
    if (file !== undefined) open(file);
  });
}

/** Not every browser goes over a stream by itself. */
async function* partsOf(file: File): AsyncGenerator<Uint8Array> {
  const reader = file.stream().getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    yield value;
  }
}
