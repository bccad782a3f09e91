/**
 * What can stand in the way of a drawing.
 *
 * @module
 */

import { TidemarkError } from "../../domain/errors.ts";

/** A chart has so many arrows that laying it out would hold up the whole process. */
export class ChartTooLargeError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CHART_TOO_LARGE";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /** How many arrows it has, one for each target of a row. */
  readonly arrowCount: number;
  /** How many there may be. */
  readonly arrowsMax: number;

  /**
   * Names the machine.
   *
   * @param machine The machine's id.
   * @param arrows How many it has, and how many there may be.
   */
  constructor(
    readonly machine: string,
    arrows: { readonly arrowCount: number; readonly arrowsMax: number },
  ) {
    const { arrowCount, arrowsMax } = arrows;
    super(
      `Cannot lay out the chart of ${JSON.stringify(machine.slice(0, 80))}: it has ${arrowCount} ` +
        `arrows, wanted at most ${arrowsMax}, draw its overview or text for Mermaid`,
    );
    this.arrowCount = arrowCount;
    this.arrowsMax = arrowsMax;
  }
}

/** Laying a chart out has taken so long that it was given up. */
export class ChartTooSlowError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "CHART_TOO_SLOW";
  /** Trying again cannot help. */
  readonly recovery = "fatal";

  /**
   * Names the machine.
   *
   * @param machine The machine's id.
   * @param layoutMsMax How long it may take, in ms.
   */
  constructor(readonly machine: string, readonly layoutMsMax: number) {
    super(
      `Cannot lay out the chart of ${JSON.stringify(machine.slice(0, 80))}: it takes longer than ` +
        `${layoutMsMax} ms`,
    );
  }
}
