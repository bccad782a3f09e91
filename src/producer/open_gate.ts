/**
 * Opens the gate of a producer with backpressure: checks what it was told, and chooses how it sees the pressure.
 *
 * @module
 */

import { InvalidOptionError } from "../domain/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { GroupStore } from "../ports/group_store.ts";
import type { Random } from "../ports/random.ts";
import type { StreamStore } from "../ports/stream_store.ts";
import { type ProducerBackpressure, resolveBackpressure } from "./backpressure_options.ts";
import { borrowedEye, measuringEye } from "./pressure_eye.ts";
import { PressureGate } from "./pressure_gate.ts";

/**
 * Opens a gate; nothing is asked before the first append.
 *
 * @param given What the producer was told about backpressure.
 * @param producer The producer: `owner` is what errors call it, `isTrimming` whether its appends trim the stream.
 * @throws {InvalidNameError} or {InvalidOptionError} When something cannot work.
 */
export function openGate(
  given: ProducerBackpressure,
  producer: {
    readonly owner: string;
    readonly broker: StreamStore;
    readonly stream: string;
    readonly isTrimming: boolean;
    readonly clock: Clock;
    readonly random: Random;
  },
): PressureGate {
  const options = resolveBackpressure(given);
  const { owner, broker, stream, clock, random } = producer;
  const { source, bounds } = options;
  if (bounds.lengthMax > 0 && producer.isTrimming) {
    // Held back by its length, the stream would never be trimmed by the appends that are held back.
    const wanted = "none beside lengthMax, which trims by publishing; use lagMax and pendingMax";
    throw new InvalidOptionError("backpressure.lengthMax", bounds.lengthMax, wanted);
  }
  const openEye = () => {
    if (source !== undefined) return borrowedEye(source, stream);
    if (hasGroups(broker)) return measuringEye({ ...options, broker, stream, clock });
    const wanted = "a broker with groups, as await connect() gives it";
    throw new InvalidOptionError("broker", "without groups", wanted);
  };
  return new PressureGate({ ...options, owner, openEye, clock, random });
}

function hasGroups(broker: StreamStore): broker is StreamStore & GroupStore {
  return "listGroups" in broker && typeof broker.listGroups === "function";
}
