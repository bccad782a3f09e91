/**
 * Many consumers from one configuration: config.yaml runs six groups on four streams in one process, with settings of
 * their own and some that all share. This program publishes to them; the second command handles what it published, and
 * prints how many events each group has handled.
 *
 *   deno run -P examples/many_consumers/publish.ts
 *   deno run -P mod.ts run --config examples/many_consumers/config.yaml    # Ctrl-C ends it
 *
 * @module
 */

import { connect, StreamProducer } from "@tidemark/tidemark";

await using broker = await connect("sqlite:tidemark.db"); // that of config.yaml

const clicks = new StreamProducer({ broker, stream: "clicks" });
await clicks.publishMany(Array.from({ length: 60 }, (_, page) => ({
  type: "page.clicked",
  data: { page },
})));

const purchases = new StreamProducer({ broker, stream: "purchases" });
await purchases.publishMany(Array.from({ length: 20 }, (_, index) => ({
  type: "cart.bought",
  data: { cents: 100 * (index + 1) },
  key: `customer-${index % 5}`,
})));

// Prints:
// audit of clicks: 60
// audit of purchases: 20
// billing: 20
// counting: 60
// shipping: 20
