/**
 * The handler of the group "counting": takes its time without keeping the processor busy, so that many run at once.
 *
 * @module
 */

import { defineHandler } from "@tidemark/tidemark";

export default defineHandler(async (_, ctx) => {
  await new Promise((resolve) => setTimeout(resolve, 5)); // as if it asked another service
  ctx.publish("handled", { type: "counting" });
});
