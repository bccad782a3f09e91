/**
 * PUT: makes a stream, or finds that it is there as wanted.
 *
 * @module
 */

import type { JournalSnapshot } from "../../domain/journal.ts";
import { ProblemError } from "../problem.ts";
import { saysClosed } from "./append.ts";
import { repeated } from "./change_stream.ts";
import { entriesOfBody } from "./chunks.ts";
import {
  contentKind,
  contentTypeOf,
  DEFAULT_CONTENT_TYPE,
  sameContentType,
} from "./content_type.ts";
import { createFork } from "./fork.ts";
import { forkWishOf, isSameFork } from "./fork_wish.ts";
import { releaseSource } from "./fork_references.ts";
import { expiryOf, lifetimeHeaders, lifetimeOf, sameLifetime } from "./lifetime.ts";
import { offsetOf } from "./offset.ts";
import { journalOf, type StreamContext, streamOf } from "./stream_context.ts";
import { newStreamState, readState, writeState } from "./stream_state.ts";
import type { StreamWish } from "./stream_wish.ts";

/**
 * Answers PUT.
 *
 * @throws {ProblemError} When it is refused.
 */
export async function createStream(
  context: StreamContext,
  name: string,
  { request }: { readonly request: Request },
): Promise<Response> {
  const { headers } = request;
  const wish: StreamWish = {
    contentType: contentTypeOf(request),
    lifetime: lifetimeOf(headers),
    closed: saysClosed(headers),
    fork: forkWishOf(headers, context.basePath),
    body: await request.bytes(),
  };
  return await context.turns.take(name, async () => {
    const there = await presentStream(context, name);
    if (there !== null) return confirmed(there, wish);
    const { created, snapshot } = wish.fork === null
      ? await createFresh(context, name, { wish })
      : await createFork(context, name, { wish, fork: wish.fork });
    if (!created) return confirmed(snapshot, wish);
    const { origin, pathname } = new URL(request.url);
    return answer(snapshot, { status: 201, headers: { location: origin + pathname } });
  });
}

/** What is at the name, after a tombstone that nobody needs any more was removed. */
async function presentStream(
  context: StreamContext,
  name: string,
): Promise<JournalSnapshot | null> {
  const journal = journalOf(name);
  const snapshot = await context.broker.loadJournal(journal);
  if (snapshot === null || readState(snapshot).phase !== "deleted") return snapshot;
  await releaseSource(context, name);
  return await context.broker.loadJournal(journal);
}

async function createFresh(
  context: StreamContext,
  name: string,
  { wish }: { readonly wish: StreamWish },
): Promise<{ readonly created: boolean; readonly snapshot: JournalSnapshot }> {
  const contentType = wish.contentType ?? DEFAULT_CONTENT_TYPE;
  const journal = {
    state: writeState(newStreamState(contentType, wish)),
    entries: entriesOfBody(wish.body, contentKind(contentType)),
    ...expiryOf(wish.lifetime),
    token: context.random.uniqueText(),
  };
  return await repeated(context, () => context.broker.createJournal(journalOf(name), journal));
}

/** The answer for a stream that is there: as wanted or not. */
function confirmed(snapshot: JournalSnapshot, wish: StreamWish): Response {
  if (readState(snapshot).phase === "deleted") throw unlike("It was deleted and its forks live on");
  const { state } = streamOf(snapshot);
  const { fork } = wish;
  // A fork that was not told its content type has inherited it.
  const contentType = wish.contentType ?? (fork === null ? DEFAULT_CONTENT_TYPE : null);
  if (contentType !== null && !sameContentType(contentType, state.contentType)) {
    throw unlike("It has another content type");
  }
  const lifetime = fork === null ? state.lifetime : state.fork?.lifetime ?? state.lifetime;
  if (!sameLifetime(lifetime, wish.lifetime)) throw unlike("It has another lifetime");
  if (state.closed !== wish.closed) throw unlike(`It is ${state.closed ? "closed" : "open"}`);
  if (fork !== null && !isSameFork(state.fork, fork)) throw unlike("It is not that fork");
  return answer(snapshot, { status: 200, headers: {} });
}

function answer(
  snapshot: JournalSnapshot,
  { status, headers }: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
  },
): Response {
  const state = readState(snapshot);
  return new Response(null, {
    status,
    headers: {
      "content-type": state.contentType,
      "stream-next-offset": offsetOf(snapshot.lastId),
      ...lifetimeHeaders(state.lifetime),
      ...(state.closed ? { "stream-closed": "true" } : {}),
      ...headers,
    },
  });
}

function unlike(detail: string): ProblemError {
  const title = "There is such a stream, and it is not as wanted";
  return new ProblemError({ status: 409, code: "STREAM_EXISTS", title, detail });
}
