/**
 * What we use of `npm:cli-progress`, which has no types of its own.
 *
 * @module
 */

/** How a bar looks and where it is written. */
export interface BarOptions {
  /** `{bar}`, `{percentage}`, `{value}`, `{total}` and the names of the payload. */
  readonly format: string;
  readonly barsize: number;
  readonly barCompleteChar: string;
  readonly barIncompleteChar: string;
  readonly stream: unknown;
  /** How long a value may wait to be shown, as times a second. */
  readonly fps: number;
  /** Whether it ends the process at SIGINT. */
  readonly gracefulExit: boolean;
  readonly formatValue: (value: number, options: unknown, type: string) => string;
}

/** One bar. */
export class SingleBar {
  constructor(options: BarOptions);
  start(total: number, value: number, payload: Readonly<Record<string, string>>): void;
  update(value: number, payload: Readonly<Record<string, string>>): void;
  stop(): void;
}

declare const cliProgress: { readonly SingleBar: typeof SingleBar };
export default cliProgress;
