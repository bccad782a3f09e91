/**
 * A real broker behind a bad line: it loses chosen calls before they arrive, or their answers.
 *
 * @module
 */

import { BrokerUnavailableError, UnknownOutcomeError } from "../../src/domain/errors.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type {
  AppendEntry,
  AppendOptions,
  AppendResult,
  StreamStore,
} from "../../src/ports/stream_store.ts";

/** What happens to one append: it passes, never arrives, arrives without an answer, or is lost and nobody knows. */
export type Fate = "passes" | "unavailable" | "answerLost" | "lost";

/**
 * Puts a broker behind a bad line.
 *
 * @param fates What happens to each append in turn; the later ones pass.
 * @param sizes Takes the number of entries of every append that was tried.
 */
export function flakyStore(
  broker: Broker,
  fates: readonly Fate[],
  sizes: number[] = [],
): StreamStore {
  const left = [...fates];
  return {
    createStream: (stream) => broker.createStream(stream),
    deleteStream: (stream) => broker.deleteStream(stream),
    listStreams: () => broker.listStreams(),
    range: (stream, options) => broker.range(stream, options),
    trim: (stream, bound) => broker.trim(stream, bound),
    deleteEntries: (stream, ids) => broker.deleteEntries(stream, ids),
    streamInfo: (stream) => broker.streamInfo(stream),
    streamBytes: (stream) => broker.streamBytes(stream),
    async append(
      stream: string,
      entries: readonly AppendEntry[],
      options?: AppendOptions,
    ): Promise<AppendResult[]> {
      sizes.push(entries.length);
      const fate = left.shift() ?? "passes";
      if (fate === "unavailable") throw new BrokerUnavailableError("append", "ECONNREFUSED");
      if (fate === "lost") throw new UnknownOutcomeError("append", "ECONNRESET");
      const results = await broker.append(stream, entries, options);
      if (fate === "answerLost") throw new UnknownOutcomeError("append", "ECONNRESET");
      return results;
    },
  };
}
