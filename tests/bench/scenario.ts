/**
 * What a scenario of the benchmark is: a title, a sentence that says what is measured, and a function that measures it.
 *
 * @module
 */

/** One line of a table: what stands under each heading. Headings of quantities end in their unit. */
export type Row = Readonly<Record<string, string | number>>;

/** How to measure. */
export interface ScenarioOptions {
  /** How long each setting is measured, in s; a scenario that counts rounds passes it over. */
  readonly seconds: number;
  /** Whether to measure the largest sizes too, which takes an hour, instead of those that are enough for a look. */
  readonly full: boolean;
  /** How many events to handle in each setting, for scenarios where that can be chosen; `null`: as many as they want. */
  readonly events: number | null;
  /** Ends the measurement; what it has started goes with it. */
  readonly signal: AbortSignal;
  /** Told what is being measured, for people who wait. */
  readonly onProgress: (text: string) => void;
}

/** A scenario. */
export interface Scenario {
  /** What stands above its table. */
  readonly title: string;
  /** What is measured, against what, and what the columns mean; a few sentences. */
  readonly measures: string;
  /** Whether it is measured only when it is asked for by name, because it takes long. Default `false`. */
  readonly isByName?: boolean;
  /** Measures. Rejects with the signal's reason when it was aborted. */
  readonly run: (options: ScenarioOptions) => Promise<readonly Row[]>;
}
