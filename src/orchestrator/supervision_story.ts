/**
 * The story of a supervised consumer as log lines: when it is started again, when it goes on under another name, when it
 * is given up. That it failed, and why, is told by the consumer itself.
 *
 * @module
 */

import type { Log } from "../ports/log.ts";
import type { Failure, SupervisionOptions } from "./restart_policy.ts";
import type { SupervisorContext, SupervisorState } from "./supervisor_events.ts";

/** Tells the story of one supervised consumer. */
export class SupervisionStory {
  readonly #log: Log;
  readonly #supervision: SupervisionOptions;
  #name: string | null = null;

  /**
   * @param log Where lines go.
   * @param supervision The bounds of restarts.
   */
  constructor(log: Log, supervision: SupervisionOptions) {
    this.#log = log;
    this.#supervision = supervision;
  }

  /** The supervisor changed its state, or why its consumer ended. */
  changed(state: SupervisorState, context: SupervisorContext): void {
    const place = placeOf(context);
    const { failure, failedAtMs, consumer } = context;
    if (this.#name !== null && this.#name !== consumer) {
      this.#log.log(
        "warn",
        "another process has taken this consumer's name, going on under a new one",
        { ...place, before: this.#name },
      );
    }
    this.#name = consumer;
    if (state === "halted") {
      this.#log.log("info", "the consumer was drained, it waits to be restarted", place);
    }
    if (state === "restarting") {
      const { restartsMax, windowMs } = this.#supervision;
      this.#log.log("warn", "the consumer is started again", {
        ...place,
        failures: failedAtMs.length,
        failuresMax: restartsMax,
        windowMs,
      });
    } else if (state === "givenUp") {
      this.#log.log("error", `the consumer is given up, ${this.#consequence}`, {
        ...place,
        failures: failedAtMs.length,
        ...(failure === null ? {} : { code: failure.code, error: failure.message }),
      });
    }
  }

  /** The supervisor itself broke. */
  broke(context: SupervisorContext, failure: Failure): void {
    const { code, message } = failure;
    const fields = { ...placeOf(context), code, error: message };
    this.#log.log("error", `the supervision of a consumer broke, ${this.#consequence}`, fields);
  }

  get #consequence(): string {
    return this.#supervision.onFailure === "end" ? "the others end too" : "the others go on";
  }
}

/** What a supervised consumer works for. */
export function placeOf(
  { stream, group, consumer }: SupervisorContext,
): Pick<SupervisorContext, "stream" | "group" | "consumer"> {
  return { stream, group, consumer };
}
