/**
 * The promises that deliberate defects break, in short words. Those with a letter and a number are called so all over the
 * project: invariants I, liveness L, handlers H, the start-up table V, security S.
 *
 * @module
 */

/** Their wording, by their names. */
export const GUARANTEES = {
  I1: "no event is lost",
  I2: "outputs are committed exactly once",
  I3: "nothing is handed out again once it is finished",
  I4: "only the owner of an entry, in its newest process, commits it",
  I5: "events of one key keep their order",
  I6: "a checkpoint goes forward only, and never past what is unfinished",
  I7: "nothing is trimmed or deleted that a group still needs",
  I8: "outputs, acknowledgement and checkpoint are written together or not at all",
  I9: "no output is made up",
  I10: "what is held at once is bounded",
  L1: "work goes on when faults have ended",
  L2: "a process reads at most 5 s after its start",
  L3: "when faults have ended, nothing stands still",
  L4: "every promise settles",
  L5: "a stop ends in time",
  H1: "a handler runs again only for a cause",
  H2: "the attempt number of an event only grows",
  V: "the start-up table: where a consumer goes on",
  machine: "the consumer machine does what its chart says",
  retry: "a failing event is tried again with pauses, then kept as a dead letter",
  supervision: "a failed consumer is started again, and costs no other one",
  backpressure: "who publishes too fast is held back, without flicker",
  codec: "what cannot be read is told and kept",
  producer: "with an idempotency key an append is made once",
  runs: "a run is followed without gap or double, and gaps are told exactly",
  sse: "a client that takes nothing is cut, and holds nothing",
  S1: "control needs its token",
  S3: "the service answers only to its own names",
  S4: "foreign web pages may not call",
  S5: "a form of a foreign page changes nothing",
  bodies: "a request body is bounded",
  S25: "a number in the configuration means what it looks like",
  S28: "secrets are shown nowhere",
  inspector: "watching never disturbs, and the time machine shows what was",
  configuration: "every fault of a configuration is told, none is passed over",
  cli: "exit codes tell programs what happened",
} as const;

/** The name of a promise. */
export type Guarantee = keyof typeof GUARANTEES;
