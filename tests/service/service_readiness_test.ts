/**
 * Tests of when a service counts as ready.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { AccessDeniedError, BrokerUnavailableError } from "../../src/domain/errors.ts";
import { serviceReadiness } from "../../src/service/service_readiness.ts";
import type { SupervisionState } from "../../src/telemetry/consumer_facts.ts";

function consumer(name: string, supervision: SupervisionState) {
  return { stream: "orders", group: "billing", consumer: name, supervision };
}

const WELL = {
  broker: { loadJournal: () => Promise.resolve(null) },
  consumers: () => [
    consumer("a", "starting"),
    consumer("b", "running"),
    consumer("c", "restarting"),
  ],
  isStopping: () => false,
};

Deno.test("serviceReadiness is ready while nothing is lost", async () => {
  assertEquals(await serviceReadiness(WELL).ready(), { ready: true, reasons: [] });
  assertEquals(
    await serviceReadiness({ ...WELL, consumers: () => [] }).ready(),
    { ready: true, reasons: [] },
  );
});

Deno.test("serviceReadiness tells all reasons at once", async () => {
  const readiness = serviceReadiness({
    broker: { loadJournal: () => Promise.reject(new BrokerUnavailableError("read", "LOADING")) },
    consumers: () => [consumer("a", "running"), consumer("b", "failed")],
    isStopping: () => true,
  });
  assertEquals(await readiness.ready(), {
    ready: false,
    reasons: [
      "The service is stopping",
      'Consumer "b" of group "billing" of stream "orders" was given up',
      "The broker cannot be reached",
    ],
  });
});

Deno.test("serviceReadiness tells a broker that refuses from one that is away, in its own words", async () => {
  const reasonsOf = async (error: unknown) => {
    const broker = { loadJournal: () => Promise.reject(error) };
    return (await serviceReadiness({ ...WELL, broker }).ready()).reasons;
  };
  const refuses = ["The broker refuses what the service needs"];
  assertEquals(await reasonsOf(new AccessDeniedError("read canary", "NOPERM")), refuses);
  assertEquals(await reasonsOf(new Error("canary")), refuses);
});

Deno.test("serviceReadiness names a few of many consumers", async () => {
  const consumers = () => Array.from({ length: 25 }, (_, index) => consumer(`c${index}`, "failed"));
  const { reasons } = await serviceReadiness({ ...WELL, consumers }).ready();
  assertEquals(reasons.slice(19), [
    'Consumer "c19" of group "billing" of stream "orders" was given up',
    "5 more consumers were given up",
  ]);
});
