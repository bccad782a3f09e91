/**
 * The rounds of the scenario `sse` as lines of its table.
 *
 * @module
 */

import type { Row } from "../scenario.ts";
import { median, rounded } from "../statistics.ts";
import type { Figures } from "./round.ts";

const BYTES_PER_KB = 1_024;

/** The figures of all rounds of one server, and those of the rival with as many clients. */
export function rowOf(rounds: readonly Figures[], rival: readonly Figures[]): Row {
  const middle = (figure: (figures: Figures) => number, decimals: number = 0) =>
    rounded(median(rounds.map(figure)), decimals);
  const total = (figure: (figures: Figures) => number) =>
    rounds.reduce((sum, figures) => sum + figure(figures), 0);
  const p99 = (figures: readonly Figures[]) => median(figures.map(({ p99Ms }) => p99Ms));
  return {
    "emitted": total((figures) => figures.emitted),
    "delivered": total((figures) => figures.delivered),
    "lost": total((figures) => figures.lost),
    "doubled": total((figures) => figures.doubled),
    "disordered": total((figures) => figures.disordered),
    "median ms": middle((figures) => figures.medianMs, 1),
    "p99 ms": middle((figures) => figures.p99Ms, 1),
    "x by hand": rounded(p99(rounds) / p99(rival), 2),
    "max ms": middle((figures) => figures.maxMs, 1),
    "late ms": middle((figures) => figures.lateMs, 1),
    "server cores": middle((figures) => figures.serverShare, 2),
    "client cores": middle((figures) => figures.clientShare, 2),
    "connect ms": middle((figures) => figures.connectMs),
    "rss kB": middle((figures) => figures.rssBytes / BYTES_PER_KB),
    "heap kB": middle((figures) => figures.heapBytes / BYTES_PER_KB, 1),
  };
}
