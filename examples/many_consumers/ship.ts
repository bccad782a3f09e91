/**
 * The handler of the group "shipping".
 *
 * @module
 */

import { defineHandler } from "@tidemark/tidemark";

export default defineHandler((_, ctx) => ctx.publish("handled", { type: "shipping" }));
