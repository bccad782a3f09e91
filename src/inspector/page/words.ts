/**
 * Numbers and times as the page writes them: short, and always as wide as the one before where they stand in columns.
 *
 * @module
 */

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** How long something took or takes: `0.4 ms`, `12 ms`, `3.2 s`, `4 min 05 s`, `2 h 11 min`. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  const positive = Math.max(0, ms);
  if (positive < 1) return positive === 0 ? "0 ms" : `${positive.toFixed(1)} ms`;
  if (positive < 1_000) return `${Math.round(positive)} ms`;
  if (positive < 60_000) return `${(Math.floor(positive / 100) / 10).toFixed(1)} s`;
  const seconds = Math.floor(positive / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${padded(seconds % 60, 2)} s`;
  return `${Math.floor(seconds / 3_600)} h ${padded(Math.floor(seconds / 60) % 60, 2)} min`;
}

/** How long something is so, for people who look on: whole seconds, so that nothing flickers. */
export function ageText(ms: number): string {
  return ms < 60_000 ? `${Math.floor(Math.max(0, ms) / 1_000)} s` : durationText(ms);
}

/** A moment of the day with ms: `14:03:07.120`. */
export function clockText(atMs: number): string {
  const date = new Date(atMs);
  if (Number.isNaN(date.getTime())) return "–";
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()]
    .map((each) => padded(each, 2)).join(":");
  return `${time}.${padded(date.getMilliseconds(), 3)}`;
}

/** A moment as {@linkcode clockText}, with its day where that is not today: `21 Nov 14:03:07.120`. */
export function momentText(atMs: number, nowMs: number = Date.now()): string {
  const [date, today] = [new Date(atMs), new Date(nowMs)];
  const isToday = date.toDateString() === today.toDateString();
  if (isToday || Number.isNaN(date.getTime())) return clockText(atMs);
  const isThisYear = date.getFullYear() === today.getFullYear();
  return `${dayText(date)}${isThisYear ? "" : ` ${date.getFullYear()}`} ${clockText(atMs)}`;
}

/** A day: `21 Nov`. */
export function dayText(date: Date): string {
  return `${date.getDate()} ${MONTHS[date.getMonth()]}`;
}

/** A moment as logs write it: `2026-11-21T14:03:07.120Z`. */
export function utcText(atMs: number): string {
  const date = new Date(atMs);
  return Number.isNaN(date.getTime()) ? "–" : date.toISOString();
}

/** A count: `999`, `12,345`, `1.2 M`. */
export function countText(count: number): string {
  if (count < 1_000_000) return Math.round(count).toLocaleString("en-GB");
  return `${(count / 1_000_000).toFixed(1)} M`;
}

/** A count in a narrow place: `999`, `12k`, `3M`. */
export function shortCountText(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  if (count < 1_000_000) return `${Math.floor(count / 1_000)}k`;
  return `${Math.floor(count / 1_000_000)}M`;
}

/** How many of something: `1 frame`, `2,000 frames`. */
export function counted(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function padded(value: number, length: number): string {
  return String(value).padStart(length, "0");
}
