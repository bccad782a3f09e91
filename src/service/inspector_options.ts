/**
 * What an inspector is told, and what a program gets.
 *
 * @module
 */

import type { StreamConsumer } from "../consumer/consumer.ts";
import type { RouteGroup } from "../http/app.ts";
import type { Orchestrator } from "../orchestrator/orchestrator.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import type { Random } from "../ports/random.ts";

/** What is shown, and what may be done. */
export interface OpenInspectorOptions {
  /** Where the processes meet, and where pending entries and dead letters are. The inspector does not close it. */
  readonly broker: Broker;
  /** Whose consumers are shown as this process. It may run already, or start later. Default: only other processes are shown. */
  readonly orchestrator?: Orchestrator;
  /**
   * Instead of an orchestrator: one consumer that nobody supervises. It is shown here only, because it is announced nowhere,
   * and nobody can start it again. It may run already, or be subscribed later.
   */
  readonly consumer?: StreamConsumer;
  /** Whether pages and other processes may pause, drain or restart consumers, and replay dead letters. Default `false`. */
  readonly commands?: boolean;
  /** Whether it records from now on, so that there is a past to look at; otherwise while somebody looks. Default `true`. */
  readonly recordsAlways?: boolean;
  /** Whether inspectors of other processes on the same broker may look at this orchestrator. Default `true`. */
  readonly followed?: boolean;
  /** So many transitions are kept at most; 1 to 1,000,000. Default 10,000. */
  readonly framesMax?: number;
  /** Where it is said what operators do. Default: nowhere. */
  readonly log?: Log;
  /** Time; for tests. */
  readonly clock?: Clock;
  /** Chance; for tests. */
  readonly random?: Random;
}

/** An inspector, until it is closed: nothing of it is left on the consumers then. */
export interface Inspector extends AsyncDisposable {
  /** Whether it records now. */
  readonly isRecording: boolean;
  /** Its routes, all below `/inspector`: `serveHttp` asks for them. */
  routes(): Promise<RouteGroup>;
  /** Looks no more, and ends what is told to those who follow. Idempotent. */
  close(): Promise<void>;
}
