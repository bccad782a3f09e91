/**
 * A broker that tells when it is about to commit, so that a fault can hit exactly then; and the two naive protocols,
 * which are ours in everything but that one step: outputs and acknowledgement are separate calls.
 *
 * @module
 */

import type { Output, Settlement } from "../../src/domain/settlement.ts";
import type { Broker } from "../../src/ports/broker.ts";
import type { CommitRequest, CommitResult, Membership } from "../../src/ports/consumer_store.ts";
import type { Naive } from "./worker_line.ts";

type Commit = (membership: Membership, request: CommitRequest) => Promise<CommitResult>;

/**
 * Wraps a broker.
 *
 * @param options `onCommit`: told before each commit; `naive`: which protocol.
 */
export function tellingBroker(
  broker: Broker,
  options: { readonly onCommit: (request: CommitRequest) => void; readonly naive: Naive },
): Broker {
  const apply = options.naive === null ? plain(broker) : naiveCommit(broker, options.naive);
  const commit: Commit = (membership, request) => {
    options.onCommit(request);
    return apply(membership, request);
  };
  return new Proxy(broker, {
    get(target, name): unknown {
      if (name === "commit") return commit;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function plain(broker: Broker): Commit {
  return (membership, request) => broker.commit(membership, request);
}

/** What most programs do: two calls, in one order or the other. */
function naiveCommit(broker: Broker, order: Exclude<Naive, null>): Commit {
  return async (membership, request) => {
    const settlements = request.settlements.map(withoutOutputs);
    if (order === "outputs-first") {
      await appendAll(broker, request.settlements.flatMap(outputsOf));
      return await broker.commit(membership, { ...request, settlements });
    }
    const result = await broker.commit(membership, { ...request, settlements });
    const committed = request.settlements.filter((_, at) => result.verdicts[at] === "committed");
    await appendAll(broker, committed.flatMap(outputsOf));
    return result;
  };
}

async function appendAll(broker: Broker, outputs: readonly Output[]): Promise<void> {
  for (const { stream, fields } of outputs) await broker.append(stream, [{ fields }]);
}

function outputsOf(settlement: Settlement): readonly Output[] {
  return settlement.kind === "handled" ? settlement.outputs : [];
}

function withoutOutputs(settlement: Settlement): Settlement {
  return settlement.kind === "handled" ? { ...settlement, outputs: [] } : settlement;
}
