/**
 * The contract of the broker port as tests: every promise of its docstrings, run for every adapter.
 *
 * @module
 */

import { testCheckpoints } from "./checkpoint_contract.ts";
import { testCommits } from "./commit_contract.ts";
import type { Fact, Features, OpenedBroker } from "./contract.ts";
import { testGroups } from "./group_contract.ts";
import { testInstances } from "./instance_contract.ts";
import { testJoining } from "./joining_contract.ts";
import { testJournals } from "./journal_contract.ts";
import { testJournalLives } from "./journal_life_contract.ts";
import { testJournalPlaces } from "./journal_place_contract.ts";
import { testJournalWatches } from "./journal_watch_contract.ts";
import { testLeases } from "./lease_contract.ts";
import { testLostEntries } from "./lost_entry_contract.ts";
import { testOrderOfCommits } from "./order_commit_contract.ts";
import { testOrderByKey } from "./order_contract.ts";
import { testReading } from "./reading_contract.ts";
import { testResets } from "./reset_contract.ts";
import { testStreams } from "./stream_contract.ts";
import { testUnreadLosses } from "./unread_loss_contract.ts";
import { testWaiting } from "./waiting_contract.ts";

/**
 * Defines all tests of the contract for one adapter.
 *
 * @param name Its name, in front of every test's.
 * @param open Opens an empty broker for one test.
 */
export function testBrokerContract(
  name: string,
  open: () => Promise<OpenedBroker>,
  features: Features,
): void {
  const fact: Fact = (fact, story) => {
    Deno.test(`${name}: ${fact}`, async () => {
      await using opened = await open();
      await story(opened.broker);
    });
  };
  testStreams(fact);
  testGroups(fact);
  testResets(fact);
  testJoining(fact);
  testReading(fact);
  testWaiting(fact, features);
  testLeases(fact);
  testLostEntries(fact);
  testUnreadLosses(fact);
  testOrderByKey(fact);
  testOrderOfCommits(fact);
  testCommits(fact);
  testCheckpoints(fact);
  testInstances(fact);
  testJournals(fact);
  testJournalLives(fact);
  testJournalPlaces(fact);
  testJournalWatches(fact);
}
