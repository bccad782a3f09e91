/**
 * One consumer that others may look at, run until it is told to end.
 *
 * @module
 */

import { Orchestrator } from "../orchestrator/orchestrator.ts";
import type { ConsumerPlan } from "../orchestrator/plan.ts";
import { connect } from "./connect.ts";
import { openInspector } from "./open_inspector.ts";

/** What is run, and where. */
export interface RunInspectedOptions extends ConsumerPlan {
  /** Where the broker is. */
  readonly url: string;
  /** Ends the consumer: what runs is finished, committed, and the rest handed back. */
  readonly signal: AbortSignal;
}

/**
 * Runs one consumer as a service does: it announces itself, is started again when it fails, and lets inspectors of other
 * processes look.
 *
 * @returns When it was ended by the signal and nothing is open any more.
 * @throws The error of a consumer that was given up, and what `connect` throws.
 */
export async function runInspected(options: RunInspectedOptions): Promise<void> {
  const { url, signal, ...plan } = options;
  await using broker = await connect(url);
  await using orchestrator = new Orchestrator({
    broker,
    consumers: [plan],
    supervision: { onFailure: "end" },
  });
  await using _inspector = await openInspector({ broker, orchestrator });
  const stop = () => void orchestrator.stop();
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) return;
  orchestrator.start().catch(() => {}); // told by its end
  await orchestrator.finished;
}
