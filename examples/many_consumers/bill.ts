/**
 * The handler of the group "billing": its output is the input of "shipping".
 *
 * @module
 */

import { defineHandler } from "@tidemark/tidemark";

export default defineHandler<{ cents: number }>(({ data, key }, ctx) => {
  if (data.cents < 0) return ctx.deadLetter("a negative price");
  ctx.publish("shipments", { type: "parcel.packed", data, key });
  ctx.publish("handled", { type: "billing" }); // both or neither
});
