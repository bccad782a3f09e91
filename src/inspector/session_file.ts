/**
 * A recording as a file: its messages as JSON Lines in UTF-8, the header first. What is opened is checked and bounded, and
 * what is no session file is told in plain words. A last line that was cut, as by a full disk, is left out.
 *
 * @module
 */

import { FORMAT_VERSION, type Header, isFrame, type Message } from "./format.ts";
import { FrameReader, type Recording } from "./frame_reader.ts";
import { SessionFileError } from "./session_error.ts";
import { claimSchema, messageSchema } from "./session_schema.ts";

/** What a file may hold. */
export interface SessionBounds {
  /** So many bytes at most. Default 256 MiB: opened, it takes a few times as much. */
  readonly bytesMax?: number;
  /** So many characters in a line at most. Default 16 Mi: a snapshot of ten thousand actors. */
  readonly lineMax?: number;
  /** So many messages at most. Default 1,000,000. */
  readonly messagesMax?: number;
}

/** A session that was opened. */
export interface Session {
  /** Where it is from. */
  readonly header: Header;
  /** Everything, the header first. */
  readonly messages: readonly Message[];
  /** Whether its last line was cut and is left out. */
  readonly isCut: boolean;
}

const BYTES_MAX = 256 * 1_024 * 1_024;
const LINE_MAX = 16 * 1_024 * 1_024;
const MESSAGES_MAX = 1_000_000;

/** Everything that a recorder keeps, as messages: header, definitions, the fleet before the first frame, all frames. */
export function recordingOf(recorder: Recording): Message[] {
  const until = recorder.lastSeq;
  const reader = new FrameReader(recorder, { back: until });
  const messages = reader.read();
  while (reader.position < until) messages.push(...reader.read());
  return messages;
}

/** The lines of a session file, each with its line end. */
export function* sessionLines(messages: Iterable<Message>): Generator<string> {
  for (const message of messages) yield `${JSON.stringify(message)}\n`;
}

/**
 * Opens a session file.
 *
 * @param bytes Its contents, such as the `readable` of an open file; read no further than to the first fault.
 * @param options Its name, for errors, and what it may hold.
 * @throws {SessionFileError} When it is no session file, damaged, too large, or of another version.
 */
export async function openSession(
  bytes: AsyncIterable<Uint8Array>,
  options: SessionBounds & { readonly name: string },
): Promise<Session> {
  const { name, messagesMax = MESSAGES_MAX } = options;
  const messages: Message[] = [];
  let isCut = false;
  let lastSeq = -1;
  let lineNumber = 0;
  for await (const { text, isWhole } of linesOf(bytes, options)) {
    lineNumber++;
    if (text.trim() === "") continue;
    const fault = (reason: string) => new SessionFileError(name, `line ${lineNumber} ${reason}`);
    const json = parseJson(text);
    if (json === undefined && !isWhole && messages.length > 0) {
      isCut = true;
      break;
    }
    if (json === undefined) throw fault("is not JSON, wanted a message as JSON");
    if (messages.length === 0) checkClaim(json, name);
    const message = parseMessage(json);
    if (message === undefined) throw fault("is not a message of this format");
    if (message.type === "header" && messages.length > 0) {
      throw fault("is a second header, wanted one session in a file");
    }
    if (isFrame(message)) {
      if (message.seq <= lastSeq) {
        throw fault("has a number that is not higher than the one before");
      }
      lastSeq = message.seq;
    }
    if (messages.length === messagesMax) {
      throw new SessionFileError(name, `it has more than ${messagesMax} messages`);
    }
    messages.push(message);
  }
  const [header] = messages;
  if (header?.type !== "header") throw new SessionFileError(name, "it is empty");
  return { header, messages, isCut };
}

interface Line {
  readonly text: string;
  /** Whether its line end was there. */
  readonly isWhole: boolean;
}

/** The lines of a file, without their ends. */
async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  options: SessionBounds & { readonly name: string },
): AsyncGenerator<Line> {
  const { name, bytesMax = BYTES_MAX, lineMax = LINE_MAX } = options;
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let byteCount = 0;
  /** The parts of a line whose end has not come: put together once, because a line may come in thousands of them. */
  let pieces: string[] = [];
  let length = 0;
  for await (const part of bytes) {
    byteCount += part.byteLength;
    if (byteCount > bytesMax) {
      throw new SessionFileError(name, `it has more than ${bytesMax} bytes`);
    }
    for (const [index, piece] of decode(decoder, { part, name }).split("\n").entries()) {
      if (index > 0) {
        yield { text: pieces.join(""), isWhole: true };
        [pieces, length] = [[], 0];
      }
      pieces.push(piece);
      length += piece.length;
      if (length > lineMax) {
        throw new SessionFileError(name, `it has a line of more than ${lineMax} characters`);
      }
    }
  }
  if (length > 0) yield { text: pieces.join(""), isWhole: false };
}

function decode(decoder: TextDecoder, from: { part: Uint8Array; name: string }): string {
  try {
    return decoder.decode(from.part, { stream: true });
  } catch {
    throw new SessionFileError(from.name, "it is not UTF-8 text, wanted JSON Lines");
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A state can be so deep that checking it takes the whole stack. */
function parseMessage(json: unknown): Message | undefined {
  try {
    return messageSchema.safeParse(json).data;
  } catch {
    return undefined;
  }
}

/** Says of a file of another version that it is one, and not that it is damaged. */
function checkClaim(json: unknown, name: string): void {
  const claim = claimSchema.safeParse(json).data;
  if (claim === undefined) {
    throw new SessionFileError(name, "line 1 is not the header of a Tidemark session");
  }
  if (claim.version !== FORMAT_VERSION) {
    const { version } = claim;
    throw new SessionFileError(name, `it has version ${version}, wanted ${FORMAT_VERSION}`);
  }
}
