/**
 * The handler of the group "audit", of two streams: one module may serve many groups.
 *
 * @module
 */

import { defineHandler } from "@tidemark/tidemark";

export default defineHandler((event, ctx) => {
  ctx.publish("handled", { type: `audit of ${event.stream}` });
});
