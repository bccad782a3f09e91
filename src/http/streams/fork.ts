/**
 * PUT with `Stream-Forked-From`: a new stream that begins with what another one held up to an offset. The fork gets its own
 * copy, with the same ids and so the same offsets; whatever then becomes of the source (closed, trimmed, expired, deleted)
 * is nothing to it. What fits into one change is made in one; more is copied page by page into a fork that nobody sees
 * before it is complete, and that vanishes by itself where the copying ends halfway.
 *
 * @module
 */

import { type Entry, fieldsByteLength } from "../../domain/entry.ts";
import {
  compareEntryIds,
  ENTRY_ID_ZERO,
  type EntryId,
  laterEntryId,
} from "../../domain/entry_id.ts";
import type { JournalSnapshot } from "../../domain/journal.ts";
import { JournalChangedError, JournalMissingError } from "../../domain/journal_errors.ts";
import type { JournalEntry } from "../../ports/journal_store.ts";
import { ProblemError } from "../problem.ts";
import { repeated } from "./change_stream.ts";
import { bytesOf, entriesOfBody, entriesOfLines, goesOn, placeEntry } from "./chunks.ts";
import { type ContentKind, contentKind, sameContentType } from "./content_type.ts";
import { rememberFork } from "./fork_references.ts";
import type { ForkWish } from "./fork_wish.ts";
import { expiryOf } from "./lifetime.ts";
import { readOffset } from "./offset.ts";
import {
  badRequest,
  contentTypeMismatch,
  forkSourceMissing,
  offsetGone,
  tryLater,
} from "./refusals.ts";
import { journalOf, type LoadedStream, type StreamContext, streamOf } from "./stream_context.ts";
import { newStreamState, readState, type StreamState, writeState } from "./stream_state.ts";
import type { StreamWish } from "./stream_wish.ts";

/** How much is copied at once. With the rest that a sub-offset takes and a body it fits into one change. */
const PAGE_BYTES = 2_097_152;

/** How many entries; a change takes 1,000, of which a body and a sub-offset need some. */
const PAGE_ENTRIES = 800;

/** How long an incomplete fork lives after the last page, in ms. */
const COPYING_MS = 60_000;

/** What a fork is made of. */
interface Plan {
  readonly loaded: LoadedStream;
  /** The last entry that is inherited whole. */
  readonly untilId: EntryId;
  readonly state: StreamState;
  /** What follows the copy: a part of the next append, and the request's own body. */
  readonly own: readonly JournalEntry[];
}

/**
 * Makes a fork.
 *
 * @returns `created: false` when somebody else has made the stream meanwhile.
 * @throws {ProblemError} When the source or the offset is not there, or it is too large.
 */
export async function createFork(
  context: StreamContext,
  name: string,
  { wish, fork }: { readonly wish: StreamWish; readonly fork: ForkWish },
): Promise<{ readonly created: boolean; readonly snapshot: JournalSnapshot }> {
  const { broker, random } = context;
  const plan = await planFork(context, { wish, fork });
  await rememberFork(context, fork.source, { fork: name, loaded: plan.loaded });
  const journal = journalOf(name);
  let page = await readPage(context, plan, { afterId: ENTRY_ID_ZERO });
  const last = page.isLast ? lastWrite(plan, page) : copyingWrite(plan, page);
  const made = { ...last, token: random.uniqueText() };
  const { created, snapshot } = await repeated(context, () => broker.createJournal(journal, made));
  if (!created || page.isLast) return { created, snapshot };
  let bytes = page.bytes;
  let latest = snapshot;
  try {
    while (!page.isLast) {
      page = await readPage(context, plan, { afterId: page.untilId });
      bytes += page.bytes;
      if (bytes > context.limits.forkBytesMax) throw forkTooLarge(context);
      const write = page.isLast ? lastWrite(plan, page) : copyingWrite(plan, page);
      const change = {
        ...write,
        token: random.uniqueText(),
        ifIncarnation: snapshot.incarnation,
      };
      latest = (await repeated(context, () => broker.changeJournal(journal, change))).snapshot;
    }
  } catch (error) {
    // It would vanish by itself; who asks again need not wait for that.
    await broker.deleteJournal(journal, { ifVersion: latest.version }).catch(() => {});
    // Its time was over before the next page came, and maybe somebody else has made it since.
    const isLost = error instanceof JournalMissingError || error instanceof JournalChangedError;
    throw isLost ? tryLater("FORK_INCOMPLETE", "The fork could not be completed") : error;
  }
  return { created, snapshot: latest };
}

/** Checks everything that can be refused, before anything is written. */
async function planFork(
  context: StreamContext,
  { wish, fork }: { readonly wish: StreamWish; readonly fork: ForkWish },
): Promise<Plan> {
  const loaded = sourceOf(await context.broker.loadJournal(journalOf(fork.source)));
  const { contentType } = loaded.state;
  if (wish.contentType !== null && !sameContentType(wish.contentType, contentType)) {
    throw contentTypeMismatch();
  }
  const untilId = await forkPoint(context, loaded, { offset: fork.offset });
  const kind = contentKind(contentType);
  const inherits = wish.lifetime.ttlSeconds === null && wish.lifetime.expiresAt === null;
  const part = fork.subOffset === 0
    ? []
    : await partOfNext(context, loaded, { untilId, subOffset: fork.subOffset });
  return {
    loaded,
    untilId,
    own: [...part, ...entriesOfBody(wish.body, kind)],
    state: {
      ...newStreamState(contentType, {
        lifetime: inherits ? loaded.state.lifetime : wish.lifetime,
        closed: wish.closed,
      }),
      fork: { ...fork, incarnation: loaded.snapshot.incarnation, lifetime: wish.lifetime },
      floorId: untilId === ENTRY_ID_ZERO
        ? ENTRY_ID_ZERO
        : laterEntryId(loaded.state.floorId, loaded.snapshot.trimmedId),
    },
  };
}

function sourceOf(snapshot: JournalSnapshot | null): LoadedStream {
  if (snapshot === null) throw forkSourceMissing();
  if (readState(snapshot).phase === "deleted") {
    const title = "The source was deleted";
    throw new ProblemError({ status: 409, code: "FORK_SOURCE_GONE", title });
  }
  return streamOf(snapshot);
}

/** The entry behind which the fork begins. */
async function forkPoint(
  { broker }: StreamContext,
  { snapshot, state }: LoadedStream,
  { offset }: { readonly offset: string | null },
): Promise<EntryId> {
  const position = readOffset(offset ?? "now");
  if (position === "tail") return snapshot.lastId;
  const afterId = position === "beginning" ? ENTRY_ID_ZERO : position.afterId;
  if (afterId === ENTRY_ID_ZERO || afterId === snapshot.lastId) return afterId;
  if (compareEntryIds(afterId, snapshot.lastId) > 0) {
    throw badRequest("OFFSET_BEYOND_TAIL", "The source is not that long");
  }
  if (compareEntryIds(afterId, laterEntryId(state.floorId, snapshot.trimmedId)) < 0) {
    throw offsetGone();
  }
  const page = await broker.readJournal(snapshot.journal, { from: afterId, to: afterId, count: 1 });
  if (page?.entries.length !== 1) {
    throw badRequest("INVALID_OFFSET", "The source has no such offset");
  }
  return afterId;
}

/** The first bytes or messages of the append behind the fork's offset. */
async function partOfNext(
  { broker, limits }: StreamContext,
  { snapshot, state }: LoadedStream,
  { untilId, subOffset }: { readonly untilId: EntryId; readonly subOffset: number },
): Promise<readonly JournalEntry[]> {
  const kind = contentKind(state.contentType);
  const page = await broker.readJournal(snapshot.journal, {
    afterId: untilId,
    to: snapshot.lastId,
    count: 1_000,
    bytesMax: limits.bodyBytesMax,
  });
  const entries = page?.entries ?? [];
  const end = entries.findIndex((entry) => !goesOn(entry));
  const next = bytesOf(end < 0 ? entries : entries.slice(0, end + 1), kind);
  const part = firstOf(next, { kind, count: subOffset });
  if (part === null) {
    throw badRequest("SUB_OFFSET_BEYOND_APPEND", "The next append of the source is not that long");
  }
  return part;
}

function firstOf(
  bytes: Uint8Array,
  { kind, count }: { readonly kind: ContentKind; readonly count: number },
): readonly JournalEntry[] | null {
  if (kind !== "json") {
    return count > bytes.byteLength ? null : entriesOfBody(bytes.subarray(0, count), kind);
  }
  if (bytes.byteLength === 0) return null;
  const lines = new TextDecoder().decode(bytes).split("\n");
  return count > lines.length ? null : entriesOfLines(lines.slice(0, count));
}

/** Some of what is copied. */
interface Page {
  readonly entries: readonly Entry[];
  readonly untilId: EntryId;
  readonly bytes: number;
  readonly isLast: boolean;
}

async function readPage(
  { broker }: StreamContext,
  { loaded, untilId }: Plan,
  { afterId }: { readonly afterId: EntryId },
): Promise<Page> {
  if (untilId === ENTRY_ID_ZERO) return { entries: [], untilId, bytes: 0, isLast: true };
  const page = await broker.readJournal(loaded.snapshot.journal, {
    afterId,
    to: untilId,
    count: PAGE_ENTRIES,
    bytesMax: PAGE_BYTES,
  });
  const { incarnation, trimmedId } = loaded.snapshot;
  if (page?.snapshot.incarnation !== incarnation || page.snapshot.trimmedId !== trimmedId) {
    throw tryLater("FORK_SOURCE_CHANGED", "The source was deleted or trimmed meanwhile");
  }
  const { entries } = page;
  const reachedId = entries.at(-1)?.id ?? untilId;
  return {
    entries,
    untilId: reachedId,
    bytes: entries.reduce((sum, { fields }) => sum + fieldsByteLength(fields), 0),
    isLast: reachedId === untilId,
  };
}

function copyingWrite({ state }: Plan, { entries }: Page) {
  return { state: writeState({ ...state, phase: "copying" }), entries, expireMs: COPYING_MS };
}

function lastWrite({ state, untilId, own }: Plan, { entries }: Page) {
  // Without an entry at the fork's offset the first one of its own might get that offset again.
  const place = entries.length === 0 && untilId !== ENTRY_ID_ZERO ? [placeEntry(untilId)] : [];
  return {
    state: writeState(state),
    entries: [...entries, ...place, ...own],
    ...expiryOf(state.lifetime),
  };
}

function forkTooLarge({ limits }: StreamContext): ProblemError {
  const title = `A fork copies at most ${limits.forkBytesMax} bytes`;
  return new ProblemError({ status: 413, code: "FORK_TOO_LARGE", title });
}
