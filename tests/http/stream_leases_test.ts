/**
 * The counters of open streams.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { addressKey, StreamLeases } from "../../src/http/stream_leases.ts";

Deno.test("StreamLeases refuses beyond each bound, and forgets what was given back", () => {
  const leases = new StreamLeases({ streamsMax: 4, streamsPerAddressMax: 2, streamsPerRunMax: 3 });
  const take = (address: string, run?: string) => leases.take({ address, run });
  const held = [take("a", "r"), take("a", "r"), take("b", "r")];
  assertEquals(held.map((lease) => typeof lease), ["object", "object", "object"]);
  assertEquals([take("a"), take("b", "r")], ["address", "run"]);
  held.push(take("b"));
  assertEquals(take("c"), "total");
  for (const lease of held) {
    if (typeof lease === "string") throw new Error(lease);
    lease.release();
    lease[Symbol.dispose]();
  }
  assertEquals([leases.total, leases.size], [0, 0]);
});

Deno.test("addressKey takes the 64 bits of IPv6 that one person has for one address", () => {
  const keys = [
    "10.0.0.1",
    "::ffff:10.0.0.1",
    "::1",
    "fe80::1%eth0",
    "2001:db8:1:2:3:4:5:6",
    "2001:DB8:1:2::9",
    "2001:db8:1:3::9",
    "2001:0db8:0001:0002:ffff::",
  ].map(addressKey);
  assertEquals(keys, [
    "10.0.0.1",
    "10.0.0.1",
    "0:0:0:0::/64",
    "fe80:0:0:0::/64",
    "2001:db8:1:2::/64",
    "2001:db8:1:2::/64",
    "2001:db8:1:3::/64",
    "2001:db8:1:2::/64",
  ]);
});
