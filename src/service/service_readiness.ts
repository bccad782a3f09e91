/**
 * Whether a service can do its work, for those who watch over it: its broker answers, none of its consumers was given up,
 * and it is not about to end.
 *
 * @module
 */

import { recoveryOf } from "../domain/errors.ts";
import { runJournal } from "../domain/run.ts";
import type { Readiness } from "../http/routes/health.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { ConsumerFacts } from "../telemetry/consumer_facts.ts";

/** What is looked at. */
export interface ServiceReadinessOptions {
  /** Is asked for something small each time. */
  readonly broker: Pick<JournalStore, "loadJournal">;
  /** What is known of the consumers. */
  readonly consumers: () => readonly Pick<
    ConsumerFacts,
    "stream" | "group" | "consumer" | "supervision"
  >[];
  /** Whether it is about to end. */
  readonly isStopping: () => boolean;
}

/** So many consumers are named. */
const NAMED_MAX = 20;

/** Makes one who knows. It never rejects; how long a broker may take is bounded by who asks. */
export function serviceReadiness(options: ServiceReadinessOptions): Readiness {
  return {
    async ready() {
      const reasons = [
        ...options.isStopping() ? ["The service is stopping"] : [],
        ...givenUp(options.consumers()),
        ...await brokerTrouble(options.broker),
      ];
      return { ready: reasons.length === 0, reasons };
    },
  };
}

function givenUp(consumers: ReturnType<ServiceReadinessOptions["consumers"]>): string[] {
  const failed = consumers.filter(({ supervision }) => supervision === "failed");
  const named = failed.slice(0, NAMED_MAX).map(({ stream, group, consumer }) =>
    `Consumer "${consumer}" of group "${group}" of stream "${stream}" was given up`
  );
  const more = failed.length - named.length;
  return more > 0 ? [...named, `${more} more consumers were given up`] : named;
}

async function brokerTrouble(broker: Pick<JournalStore, "loadJournal">): Promise<string[]> {
  try {
    // There need be no such run: that it is answered is enough.
    await broker.loadJournal(runJournal("ready"));
    return [];
  } catch (error) {
    return [
      recoveryOf(error) === "fatal"
        ? "The broker refuses what the service needs"
        : "The broker cannot be reached",
    ];
  }
}
