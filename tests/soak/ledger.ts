/**
 * The ledger of one group: which events it has published an output for. It takes outputs in the order in which they
 * were appended and keeps only what is open, so that it can watch millions of them.
 *
 * @module
 */

import { KEYS } from "./layout.ts";

/** What is wrong with a group's outputs. */
export interface Findings {
  /** How many outputs there were. */
  readonly outputs: number;
  /** Numbers without an output. */
  readonly lost: readonly number[];
  /** Numbers with more than one, or of no event that is due. */
  readonly doubled: readonly number[];
  /** Numbers whose output came after that of a later event of their key. */
  readonly disordered: readonly number[];
  /** How many events were gone with a server that was emptied, and are nobody's fault. */
  readonly forgiven: number;
}

/** So many numbers of one kind are kept for people; more say no more. */
const KEPT_MAX = 1_000;

/** Watches the outputs of one group. */
export class Ledger {
  /** The number that is due next, by key. */
  readonly #due = Array.from({ length: KEYS }, (_, key) => key);
  /** Skipped by a later event of their key. */
  readonly #open = new Set<number>();
  readonly #doubled: number[] = [];
  readonly #disordered: number[] = [];
  #outputs = 0;
  #forgiven = 0;

  /** How many outputs were seen. */
  get outputs(): number {
    return this.#outputs;
  }

  /** Takes the next output: the number of its event. */
  saw(number: number): void {
    this.#outputs++;
    const key = number % KEYS;
    const due = this.#due[key] ?? key;
    if (number < due) {
      const isLate = this.#open.delete(number);
      keep(isLate ? this.#disordered : this.#doubled, number);
      return;
    }
    for (let skipped = due; skipped < number; skipped += KEYS) this.#open.add(skipped);
    this.#due[key] = number + KEYS;
  }

  /**
   * The events with lower numbers are gone, those that have no output yet with them. An output for one of them would
   * from now on be one that nothing is behind.
   */
  forgive(below: number): void {
    this.#forgiven += this.#open.size;
    this.#open.clear();
    for (const [key, due] of this.#due.entries()) {
      const gone = Math.max(0, Math.ceil((below - due) / KEYS));
      this.#forgiven += gone;
      this.#due[key] = due + gone * KEYS;
    }
  }

  /** How many of the first so many events have neither an output nor an excuse. */
  missing(published: number): number {
    let count = this.#open.size;
    for (const due of this.#due) count += Math.max(0, Math.ceil((published - due) / KEYS));
    return count;
  }

  /** What is wrong, if the first so many events were published and nothing more will come. */
  findings(published: number): Findings {
    const lost = [...this.#open].slice(0, KEPT_MAX);
    for (const due of this.#due) {
      for (let number = due; number < published && lost.length < KEPT_MAX; number += KEYS) {
        lost.push(number);
      }
    }
    return {
      outputs: this.#outputs,
      lost: lost.sort((a, b) => a - b),
      doubled: this.#doubled,
      disordered: this.#disordered,
      forgiven: this.#forgiven,
    };
  }
}

function keep(list: number[], number: number): void {
  if (list.length < KEPT_MAX) list.push(number);
}
