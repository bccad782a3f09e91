/**
 * POST: appends to a stream, closes it, or both at once.
 *
 * `Stream-Seq` is checked per stream, whoever writes. What is checked, and what is appended and remembered, is one change
 * of the journal: two requests that come at once, to whichever process, are judged one after the other.
 *
 * @module
 */

import type { JournalSnapshot } from "../../domain/journal.ts";
import { ProblemError } from "../problem.ts";
import { changeStream, type Decision } from "./change_stream.ts";
import { entriesOfBody } from "./chunks.ts";
import { contentKind, contentTypeOf, sameContentType } from "./content_type.ts";
import { expiryOf } from "./lifetime.ts";
import { offsetOf } from "./offset.ts";
import { badRequest, contentTypeMismatch } from "./refusals.ts";
import { judgeProducer, producerOf } from "./producers.ts";
import { type StreamContext, streamOf } from "./stream_context.ts";
import { type ProducerStep, type StreamState, writeState } from "./stream_state.ts";

/** The longest `Stream-Seq`, in characters: it is part of the state. */
const SEQ_LENGTH_MAX = 256;

/** An append as it was asked for. */
interface Append {
  readonly contentType: string | null;
  readonly body: Uint8Array;
  readonly closes: boolean;
  readonly seq: string | null;
  readonly producer: ProducerStep | null;
}

/** Whether a request says `Stream-Closed: true`; everything else counts as nothing. */
export function saysClosed(headers: Headers): boolean {
  return headers.get("stream-closed")?.toLowerCase() === "true";
}

/**
 * Answers POST.
 *
 * @throws {ProblemError} When it is refused.
 */
export async function appendToStream(
  context: StreamContext,
  name: string,
  { request }: { readonly request: Request },
): Promise<Response> {
  const append = await readAppend(request);
  const done = await context.turns.take(
    name,
    () =>
      changeStream(context, name, { decide: (snapshot) => decide(append, { snapshot, context }) }),
  );
  if ("answer" in done) return done.answer;
  const { snapshot, ids } = done.changed;
  const status = append.producer !== null && append.body.byteLength > 0 ? 200 : 204;
  return new Response(null, {
    status,
    headers: {
      "stream-next-offset": offsetOf(ids.at(-1) ?? snapshot.lastId),
      ...(append.closes ? { "stream-closed": "true" } : {}),
      ...producerHeaders(append.producer),
    },
  });
}

async function readAppend(request: Request): Promise<Append> {
  const { headers } = request;
  const producer = producerOf(headers);
  const seq = headers.get("stream-seq");
  if (seq !== null && (seq === "" || seq.length > SEQ_LENGTH_MAX || !/^[\x20-\x7e]+$/.test(seq))) {
    throw badRequest("INVALID_SEQ", `Stream-Seq is 1 to ${SEQ_LENGTH_MAX} of ASCII`);
  }
  const closes = saysClosed(headers);
  const body = await request.bytes();
  // A request that only closes may carry any Content-Type (PROTOCOL 5.2).
  const contentType = body.byteLength === 0 ? null : contentTypeOf(request);
  if (body.byteLength === 0 && !closes) {
    throw badRequest("EMPTY_BODY", "There is nothing to append; to close, say Stream-Closed: true");
  }
  if (body.byteLength > 0 && contentType === null) {
    throw badRequest("CONTENT_TYPE_MISSING", "The body has no Content-Type");
  }
  return { contentType, body, closes, seq, producer };
}

/** Judges an append in the protocol's order: closed, content type, producer, sequence. */
function decide(
  append: Append,
  { snapshot: loaded, context }: {
    readonly snapshot: JournalSnapshot | null;
    readonly context: StreamContext;
  },
): Decision<Response> {
  const { snapshot, state } = streamOf(loaded);
  if (state.closed) return { answer: answerClosed(append, { snapshot, state }) };
  if (append.contentType !== null && !sameContentType(append.contentType, state.contentType)) {
    throw contentTypeMismatch();
  }
  const entries = entriesOfBody(append.body, contentKind(state.contentType));
  if (append.body.byteLength > 0 && entries.length === 0) {
    throw badRequest("EMPTY_ARRAY", "An empty array appends nothing");
  }
  let producers = state.producers;
  if (append.producer !== null) {
    const judgement = judgeProducer(append.producer, { producers, nowMs: context.clock.nowMs() });
    if (judgement.kind === "duplicate") {
      const headers = {
        "stream-next-offset": offsetOf(snapshot.lastId),
        ...producerHeaders({ ...append.producer, seq: judgement.seq }),
      };
      return { answer: new Response(null, { status: 204, headers }) };
    }
    producers = judgement.producers;
  }
  // JavaScript compares code units, which for ASCII are the bytes.
  if (append.seq !== null && state.lastSeq !== null && append.seq <= state.lastSeq) {
    throw conflict("SEQUENCE_REGRESSION", "Stream-Seq is not above the last one", {});
  }
  const next: StreamState = {
    ...state,
    producers,
    closed: append.closes,
    closedBy: append.closes ? append.producer : null,
    lastSeq: append.seq ?? state.lastSeq,
  };
  const changes = append.closes || append.producer !== null || append.seq !== null;
  const { ttlSeconds } = state.lifetime;
  return {
    change: {
      entries,
      ...(changes ? { state: writeState(next) } : {}),
      // A sliding lifetime begins anew; a fixed one stays as it is.
      ...(ttlSeconds === null ? {} : expiryOf(state.lifetime)),
      ...(context.limits.entriesMax === null ? {} : { lengthMax: context.limits.entriesMax }),
    },
  };
}

/** Closing again is no failure, nor is the repetition of the request that closed. */
function answerClosed(
  append: Append,
  { snapshot, state }: { readonly snapshot: JournalSnapshot; readonly state: StreamState },
): Response {
  const headers = {
    "stream-next-offset": offsetOf(snapshot.lastId),
    "stream-closed": "true",
  };
  const { producer } = append;
  const closedByIt = producer !== null && state.closedBy?.id === producer.id &&
    state.closedBy.epoch === producer.epoch && state.closedBy.seq === producer.seq;
  const onlyCloses = producer === null && append.body.byteLength === 0;
  if (!closedByIt && !onlyCloses) {
    throw conflict("STREAM_CLOSED", "The stream is closed, nothing can be appended", headers);
  }
  return new Response(null, { status: 204, headers: { ...headers, ...producerHeaders(producer) } });
}

function producerHeaders(producer: ProducerStep | null): Record<string, string> {
  if (producer === null) return {};
  return { "producer-epoch": String(producer.epoch), "producer-seq": String(producer.seq) };
}

function conflict(code: string, title: string, headers: Record<string, string>): ProblemError {
  return new ProblemError({ status: 409, code, title, headers });
}
