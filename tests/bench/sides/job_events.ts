/**
 * The events that all sides handle: the same types, keys and payloads everywhere.
 *
 * @module
 */

/** What an event tells. */
export interface JobData {
  readonly number: number;
  readonly text: string;
  /** When it was published, in ms since 1970; 0 where that does not matter. */
  readonly sentMs: number;
}

/** An event, as far as all sides know one. */
export interface JobEvent {
  readonly type: string;
  readonly key: string;
  readonly data: JobData;
}

/** As many as a shop has customers that buy at the same time. */
const KEYS = 100;

/** Fills the payload up to 200 bytes. */
const TEXT = "x".repeat(150);

/** So many events are published in one call where that is measured. */
const CHUNK = 100;

/** An event. @param number From 1. */
export function jobEvent(number: number, sentMs: number = 0): JobEvent {
  return {
    type: "job.added",
    key: `customer-${number % KEYS}`,
    data: { number, text: TEXT, sentMs },
  };
}

/** So many events, in chunks that are published in one call each. */
export function* jobChunks(events: number, chunk: number = CHUNK): Generator<JobEvent[]> {
  for (let made = 0; made < events; made += chunk) {
    const length = Math.min(chunk, events - made);
    yield Array.from({ length }, (_, index) => jobEvent(made + index + 1));
  }
}
