/**
 * What a producer is told when a group is too far behind to take more.
 *
 * @module
 */

import { TidemarkError } from "./errors.ts";
import {
  type PressureLevel,
  type PressureMeasure,
  type PressureReason,
  pressureSentence,
} from "./pressure.ts";

/** Publishing was refused, because a group of the stream is too far behind. */
export class BackpressureError extends TidemarkError {
  /** A stable name of the condition. */
  readonly code = "BACKPRESSURE";
  /** The events from number `publishedCount` on were not appended and may be published later. */
  readonly recovery = "retry";
  /** The stream that was published to. */
  readonly stream: string;
  /** The group that is behind; `null` when it is the stream that is too long. */
  readonly group: string | null;
  /** The quantity that decided. */
  readonly measure: PressureMeasure;
  /** Its value, in entries or ms. */
  readonly value: number;
  /** Its bound, in the same unit. */
  readonly bound: number;
  /** How badly the group is behind. */
  readonly level: PressureLevel;
  /** How many events of a list were appended before, and stay; 0 for a single event. */
  readonly publishedCount: number;

  /**
   * Says who is behind, and how far.
   *
   * @param reason Who decided.
   * @param options `waitedMs`: how long it was waited for, in ms; `publishedCount`: default 0; `cause`.
   */
  constructor(
    reason: PressureReason,
    options: ErrorOptions & {
      readonly waitedMs?: number;
      readonly publishedCount?: number;
    } = {},
  ) {
    const { waitedMs, publishedCount = 0 } = options;
    const after = publishedCount === 0 ? "" : ` after ${publishedCount} events of the list`;
    const wanted = waitedMs === undefined
      ? "publish it later"
      : `waited ${waitedMs} ms, publish it later or wait longer`;
    super(
      `Cannot publish to stream "${reason.stream}"${after}: ${pressureSentence(reason)}, ${wanted}`,
      options,
    );
    const { stream, group, measure, value, bound, level } = reason;
    this.stream = stream;
    this.group = measure === "length" ? null : group;
    this.measure = measure;
    this.value = value;
    this.bound = bound;
    this.level = level;
    this.publishedCount = publishedCount;
  }
}
