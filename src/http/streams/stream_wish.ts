/**
 * A new stream as its creator asks for it.
 *
 * @module
 */

import type { ForkWish } from "./fork_wish.ts";
import type { Lifetime } from "./stream_state.ts";

/** A stream as it was asked for. */
export interface StreamWish {
  /** `null`: not said. */
  readonly contentType: string | null;
  readonly lifetime: Lifetime;
  readonly closed: boolean;
  /** Its first content. */
  readonly body: Uint8Array;
  /** What it is to be a fork of, `null` for nothing. */
  readonly fork: ForkWish | null;
}
