/**
 * The handler that config.yaml names: it prints every event of the stream "orders". Publish one, then let it be
 * handled; both commands use the database file tidemark.db:
 *
 *   echo '{"type": "order.placed", "data": {"total": 42}}' | deno run -P mod.ts publish orders
 *   deno run -P mod.ts run --config config.yaml    # Ctrl-C ends it
 *
 * @module
 */

import { defineHandler } from "@tidemark/tidemark";

export default defineHandler((event) => {
  console.log(event.stream, event.type, event.data);
});

// Prints:
// orders order.placed { total: 42 }
