/**
 * What the faults of a campaign hit, counted.
 *
 * @module
 */

import { ALL_POINTS, type Point } from "./points.ts";

/** One fault, and what it hit. */
export interface Fault {
  readonly kind: "kill" | "stop";
  readonly name: string;
  /** Handlers that ran. */
  readonly running: number;
  /** Entries that were pending for the victim. */
  readonly pending: number;
  /** Aimed at a commit in general: whether that commit was found to have landed; `null` when it was not. */
  readonly commit: "landed" | "did not land" | null;
  /** Aimed at a named point: which one, and what speaks against its having been hit; `null` when it was not aimed at one. */
  readonly hit: { readonly point: Point; readonly disproof: string | null } | null;
}

/** What came of aiming at one point. */
export interface PointCounts {
  readonly point: Point;
  /** Faults that the broker's data proves to have hit the point. */
  readonly kills: number;
  readonly stops: number;
  /** What spoke against the others. */
  readonly disproofs: readonly string[];
  /** How often nobody came to the point in time. */
  readonly missed: number;
}

/** What the faults did. */
export interface FaultCounts {
  readonly kills: number;
  readonly stops: number;
  /** Faults whose victim ran handlers or had pending entries. */
  readonly inFlight: number;
  /** Faults at the instant of a commit: those that landed, and those that did not. */
  readonly commitsLanded: number;
  readonly commitsCut: number;
  /** Times when two processes lived under one name, and how many of the older ones were stopped meanwhile. */
  readonly twins: number;
  readonly zombies: number;
  /** Requests of dead processes that came late: at once, and when their successor had joined. */
  readonly lateAtOnce: number;
  readonly lateAfterSuccessor: number;
  /** For every point. */
  readonly points: readonly PointCounts[];
}

/** Counts hits. */
export class Hits {
  readonly #faults: Fault[] = [];
  readonly #missed: Point[] = [];
  twins = 0;
  zombies = 0;
  lateAtOnce = 0;
  lateAfterSuccessor = 0;

  /** How many faults were made. */
  get made(): number {
    return this.#faults.length;
  }

  /** Adds a fault. */
  add(fault: Fault): void {
    this.#faults.push(fault);
  }

  /** Notes that nobody came to a point in time. */
  miss(point: Point): void {
    this.#missed.push(point);
  }

  /** Whether a point was hit for certain. */
  isProven(point: Point): boolean {
    return this.#faults.some(({ hit }) => hit?.point === point && hit.disproof === null);
  }

  /** What was counted so far. */
  get counts(): FaultCounts {
    const count = (which: (fault: Fault) => boolean) => this.#faults.filter(which).length;
    const { twins, zombies, lateAtOnce, lateAfterSuccessor } = this;
    return {
      kills: count((fault) => fault.kind === "kill"),
      stops: count((fault) => fault.kind === "stop"),
      inFlight: count((fault) => fault.running > 0 || fault.pending > 0),
      commitsLanded: count((fault) => fault.commit === "landed"),
      commitsCut: count((fault) => fault.commit === "did not land"),
      twins,
      zombies,
      lateAtOnce,
      lateAfterSuccessor,
      points: ALL_POINTS.map((point) => this.#pointCounts(point)),
    };
  }

  #pointCounts(point: Point): PointCounts {
    const hits = this.#faults.filter(({ hit }) => hit?.point === point);
    const proven = hits.filter(({ hit }) => hit?.disproof === null);
    return {
      point,
      kills: proven.filter(({ kind }) => kind === "kill").length,
      stops: proven.filter(({ kind }) => kind === "stop").length,
      disproofs: hits.flatMap(({ hit }) => hit?.disproof ?? []),
      missed: this.#missed.filter((missed) => missed === point).length,
    };
  }
}
