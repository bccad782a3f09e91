/**
 * The named points: the places in a worker's life at which a fault is the most dangerous, because the broker and the
 * worker then know different things. A campaign aims at each of them, and proves from the broker's data that it hit.
 *
 * @module
 */

/** The points, and what they are called in a table, in the order of a worker's life. */
export const POINTS = {
  "start.joining": "start: not joined yet",
  "start.joined": "start: joined, not told (loadingCheckpoint)",
  "start.validating": "start: decided, not established (validating)",
  "start.established": "start: established, not reading yet",
  "read.handedOut": "read: handed out, not told",
  "commit.unsent": "commit: not sent yet",
  "commit.sent": "commit: sent, not applied",
  "commit.applied": "commit: applied, not answered",
  "commit.answered": "commit: answered, not gone on",
  "letter.sent": "dead-lettering: sent, not applied",
  "letter.applied": "dead-lettering: applied, not answered",
  "renewal.unsent": "heartbeat: not renewed yet",
  "renewal.applied": "heartbeat: renewed, not told",
  "reclaim.applied": "reclaim: taken over, not told",
  "stop.unsent": "stop: not handed back yet",
  "stop.applied": "stop: handed back, not told",
} as const;

/** One of them. */
export type Point = keyof typeof POINTS;

/** All of them. */
export const ALL_POINTS: readonly Point[] = Object.keys(POINTS).filter(isPoint);

/** Whether a text names a point. */
export function isPoint(text: string): text is Point {
  return Object.hasOwn(POINTS, text);
}

/** Whether a point lies between a commit's departure and its answer: only the wire, or the file, can stop it there. */
export function isUnderWay(point: Point): boolean {
  return /^(commit|letter)\.(sent|applied)$/.test(point);
}
