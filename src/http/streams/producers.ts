/**
 * Idempotent producers (PROTOCOL 5.2.1): each numbers its requests, so that one that is sent twice lands once. What is
 * known of them stands in the stream's state and changes with the append, so no crash can part the two.
 *
 * That state is bounded. When it is full, the producer that was silent for longest makes room, if he was for an hour;
 * otherwise a new one is told to wait, because forgetting one who may still repeat a request would let it land twice.
 *
 * @module
 */

import { ProblemError } from "../problem.ts";
import { badRequest } from "./refusals.ts";
import type { ProducerState, ProducerStep } from "./stream_state.ts";

/** What all producers of a stream may take of its state, in bytes of JSON; the rest of 64 KiB is for the settings. */
const PRODUCERS_BYTES_MAX = 40_960;

/** How long a producer is remembered at least, in ms: far longer than a client repeats a request. */
const SILENT_MS_MIN = 3_600_000;

/** Where the headers end that tell of a producer. */
const ID_BYTES_MAX = 256;

/** What is to be done with a producer's request. */
export type ProducerJudgement =
  | { readonly kind: "accept"; readonly producers: readonly ProducerState[] }
  /** It landed before. `seq`: the highest that has. */
  | { readonly kind: "duplicate"; readonly seq: number };

/**
 * The producer of a request.
 *
 * @returns `null` when it has none of the three headers.
 * @throws {ProblemError} When it has only some, or they are not numbers.
 */
export function producerOf(headers: Headers): ProducerStep | null {
  const id = headers.get("producer-id");
  const epoch = headers.get("producer-epoch");
  const seq = headers.get("producer-seq");
  if (id === null && epoch === null && seq === null) return null;
  if (id === null || epoch === null || seq === null) {
    throw badRequest(
      "INCOMPLETE_PRODUCER",
      "Producer-Id, Producer-Epoch and Producer-Seq go together",
    );
  }
  if (id === "" || id.length > ID_BYTES_MAX || !/^[\x20-\x7e]+$/.test(id)) {
    throw badRequest("INVALID_PRODUCER_ID", `Producer-Id is 1 to ${ID_BYTES_MAX} of ASCII`);
  }
  return { id, epoch: count("Producer-Epoch", epoch), seq: count("Producer-Seq", seq) };
}

/**
 * Judges a producer's request by what is known of him.
 *
 * @param step His request.
 * @param options `producers`: what is known. `nowMs`: the time.
 * @throws {ProblemError} When his epoch is over (403), its number is not the next one (409), a new epoch does not begin at 0
 * (400), or there is no room for him (429).
 */
export function judgeProducer(
  step: ProducerStep,
  options: { readonly producers: readonly ProducerState[]; readonly nowMs: number },
): ProducerJudgement {
  const known = options.producers.find(({ id }) => id === step.id);
  if (known !== undefined && step.epoch < known.epoch) {
    throw new ProblemError({
      status: 403,
      code: "STALE_EPOCH",
      title: "The producer has begun a later epoch",
      headers: { "producer-epoch": String(known.epoch) },
    });
  }
  const sameEpoch = known !== undefined && known.epoch === step.epoch;
  if (sameEpoch && step.seq <= known.seq) return { kind: "duplicate", seq: known.seq };
  const expected = sameEpoch ? known.seq + 1 : 0;
  if (step.seq !== expected) {
    if (known !== undefined && !sameEpoch) {
      throw badRequest("EPOCH_BEGINS_AT_ZERO", "A new epoch begins with Producer-Seq 0");
    }
    throw new ProblemError({
      status: 409,
      code: "SEQUENCE_GAP",
      title: "Earlier requests of the producer have not come",
      headers: {
        "producer-expected-seq": String(expected),
        "producer-received-seq": String(step.seq),
      },
    });
  }
  return { kind: "accept", producers: remembered(step, options) };
}

/** The producers with this one heard of last, and those forgotten who make room. */
function remembered(
  step: ProducerStep,
  { producers, nowMs }: { readonly producers: readonly ProducerState[]; readonly nowMs: number },
): readonly ProducerState[] {
  const all = [...producers.filter(({ id }) => id !== step.id), { ...step, heardAtMs: nowMs }];
  let bytes = all.reduce((sum, each) => sum + sizeOf(each), 0);
  let forgotten = 0;
  // In the order in which they were heard of, so the first was silent for longest.
  while (bytes > PRODUCERS_BYTES_MAX) {
    const silent = all[forgotten++];
    if (silent === undefined || nowMs - silent.heardAtMs < SILENT_MS_MIN) {
      throw new ProblemError({
        status: 429,
        code: "TOO_MANY_PRODUCERS",
        title: "The stream has too many producers at a time",
        retryAfterS: 60,
      });
    }
    bytes -= sizeOf(silent);
  }
  return all.slice(forgotten);
}

function sizeOf(producer: ProducerState): number {
  return JSON.stringify(producer).length + 1;
}

function count(name: string, text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value)) {
    throw new ProblemError({
      status: 400,
      code: "INVALID_PRODUCER",
      title: "Producer-Epoch and Producer-Seq are whole numbers from 0 to 2^53-1",
      faults: [{ in: "header", name, wanted: "a whole number from 0 to 2^53-1" }],
    });
  }
  return value;
}
