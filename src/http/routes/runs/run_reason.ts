/**
 * Why a run ends, as a client may say it.
 *
 * @module
 */

import { z } from "@hono/zod-openapi";

/** So much is kept of it. */
const REASON_LENGTH_MAX = 500;

const WANTED = `a text of at most ${REASON_LENGTH_MAX} characters`;

/** Why, for people; may be left out. */
export const reasonSchema = z.string(WANTED).max(REASON_LENGTH_MAX, WANTED).optional().openapi({
  description: "Why, for people",
  example: "it is not needed any more",
});
