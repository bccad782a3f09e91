/**
 * Defects of the work on events: the pool, attempts, retries, dead letters, codecs.
 *
 * @module
 */

import type { Defect } from "./defect.ts";

const POOL = ["tests/workers/pool_test.ts", "tests/workers/pool_model_test.ts"];
const POOL_COMMIT = ["tests/workers/pool_commit_test.ts"];
const ATTEMPT = ["tests/workers/attempt_test.ts"];

/** All of them. */
export const WORK_DEFECTS: readonly Defect[] = [
  {
    name: "pool-key-order-ignored",
    wording: "events of one key run side by side",
    guarantee: "I5",
    file: "src/workers/schedule.ts",
    find: 'if (this.#options.order === "none") return null;',
    replace: "if (this.#options.order !== undefined) return null;",
    tests: ["tests/workers/schedule_test.ts", ...POOL],
  },
  {
    name: "pool-too-many-workers",
    wording: "more handlers run at once than were allowed",
    guarantee: "I10",
    file: "src/workers/crew.ts",
    find: "const mayHire = this.#members.size < this.#options.workersMax;",
    replace: "const mayHire = true;",
    tests: ["tests/workers/pool_crew_test.ts", ...POOL],
  },
  {
    name: "pool-demand-unbounded",
    wording: "the pool asks for more although its bound in bytes is met",
    guarantee: "I10",
    file: "src/workers/pool.ts",
    find: "this.#draining || inFlight >= heldMax || this.#bytes >= bytesMax",
    replace: "this.#draining || inFlight >= heldMax",
    tests: POOL,
  },
  {
    name: "pool-abort-untold",
    wording: "a handler whose entry was lost or whose consumer ends is not told",
    guarantee: "L5",
    file: "src/workers/pool.ts",
    find: "slot.worker?.abort(new HandlerAbortedError(reason));",
    replace: "",
    tests: POOL,
  },
  {
    name: "pool-deliveries-unbounded",
    wording: "an event that kills its process is handed out for ever",
    guarantee: "retry",
    file: "src/workers/pool.ts",
    find: "if (deliveries > this.#options.deliveriesMax) {",
    replace: "if (deliveries > Infinity) {",
    tests: POOL,
  },
  {
    name: "pool-attempts-unbounded",
    wording: "an event whose handler fails is tried for ever",
    guarantee: "retry",
    file: "src/workers/results.ts",
    find: "if (slot.failures >= attemptsMax) {",
    replace: "if (slot.failures > Infinity) {",
    tests: POOL,
  },
  {
    name: "pool-retries-at-once",
    wording: "a failed event is tried again without a pause",
    guarantee: "retry",
    file: "src/workers/results.ts",
    find: "slot.dueAtMs = clock.nowMs() + backoffMs(",
    replace: "slot.dueAtMs = 0 * backoffMs(",
    tests: POOL,
  },
  {
    name: "pool-failure-in-silence",
    wording: "a failed attempt of an ordered group is not noted",
    guarantee: "H2",
    file: "src/workers/results.ts",
    find: "onFailure(slot.delivery.id, failures, error);",
    replace: "",
    tests: POOL,
  },
  {
    name: "pool-late-entry-overtaken",
    wording: "what was settled behind an earlier event of its key, which came later, is committed",
    guarantee: "I5",
    file: "src/workers/pool.ts",
    find: "if (tooEarly.length > 0) this.#schedule.sendBack(tooEarly);",
    replace: "",
    tests: [...POOL_COMMIT, ...POOL],
  },
  {
    name: "attempt-never-times-out",
    wording: "a handler may take as long as it likes",
    guarantee: "L1",
    file: "src/workers/attempt.ts",
    find: '() => this.abort(new HandlerAbortedError("timeout")),',
    replace: "() => {},",
    tests: ATTEMPT,
  },
  {
    name: "attempt-aborted-counts",
    wording: "outputs of a handler that was told to stop are committed",
    guarantee: "I2",
    file: "src/workers/attempt.ts",
    find: 'if (this.#aborted !== null) return { kind: "failed", error: this.#aborted };',
    replace: "",
    tests: ATTEMPT,
  },
  {
    name: "attempt-outputs-of-failed",
    wording: "what a failed attempt has published is committed with the next one",
    guarantee: "I9",
    file: "src/workers/attempt.ts",
    find: "  #outputs: Output[] | null = null;",
    replace: `  static readonly #kept = new WeakMap<Delivery, Output[]>();
  get #outputs(): Output[] | null {
    return Attempt.#kept.get(this.#delivery) ?? null;
  }
  set #outputs(outputs: Output[] | null) {
    if (outputs !== null) Attempt.#kept.set(this.#delivery, outputs);
  }`,
    tests: POOL_COMMIT,
  },
  {
    name: "attempt-source-without-sequence",
    wording: "an output names another entry of the same millisecond as its source",
    guarantee: "I9",
    file: "src/workers/attempt.ts",
    find: "{ sourceId: this.#delivery.id }",
    replace: '{ sourceId: `${BigInt(this.#delivery.id.split("-")[0] ?? "0")}-0` }',
    tests: POOL_COMMIT,
  },
  {
    name: "attempt-context-stays-open",
    wording: "a handler publishes after its attempt is over, and nobody learns that it is lost",
    guarantee: "I1",
    file: "src/workers/attempt.ts",
    find:
      'if (this.#over) throw new ClosedError("a handler\'s context after its attempt is over");',
    replace: "",
    tests: ATTEMPT,
  },
  {
    name: "attempt-number-stays",
    wording: "every attempt is told to be the first",
    guarantee: "H2",
    file: "src/workers/attempt.ts",
    find: "return this.#failures + 1;",
    replace: "return 1;",
    tests: ATTEMPT,
  },
  {
    name: "backoff-without-jitter",
    wording: "all who failed together try again together",
    guarantee: "retry",
    file: "src/domain/backoff.ts",
    find: "Math.floor(random * bound)",
    replace: "Math.floor(bound)",
    tests: ["tests/domain/backoff_test.ts"],
  },
  {
    name: "backoff-without-bound",
    wording: "pauses grow without end",
    guarantee: "L1",
    file: "src/domain/backoff.ts",
    find: "Math.min(maxMs, initialMs * multiplier",
    replace: "Math.min(Infinity, initialMs * multiplier",
    tests: ["tests/domain/backoff_test.ts"],
  },
  {
    name: "letter-without-original",
    wording: "a dead letter does not hold what was given up",
    guarantee: "I1",
    file: "src/domain/dead_letter.ts",
    find: "...(kept ? fields : [])],",
    replace: "],",
    tests: ["tests/domain/dead_letter_test.ts"],
  },
  {
    name: "letter-without-bound",
    wording: "a dead letter copies an original that no commit can take",
    guarantee: "L1",
    file: "src/domain/dead_letter.ts",
    find: "bytes <= DEAD_LETTER_BYTES_MAX &&",
    replace: "",
    tests: ["tests/domain/dead_letter_test.ts"],
  },
  {
    name: "codec-payload-not-needed",
    wording: "an entry without a payload is taken for an event",
    guarantee: "codec",
    file: "src/domain/codec.ts",
    find: "if (payload === undefined) throw",
    replace: 'payload ??= "null";\n  if (type === null) throw',
    tests: ["tests/domain/codec_test.ts"],
  },
  {
    name: "codec-quotes-payload",
    wording: "the reason why an entry cannot be read quotes it",
    guarantee: "S28",
    file: "src/domain/codec.ts",
    find: 'field "${name}" is not JSON: ${where}',
    replace: 'field "${name}" is not JSON: ${where} ${text}',
    tests: ["tests/domain/codec_test.ts"],
  },
  {
    name: "codec-headers-have-prototype",
    wording: "a header named __proto__ changes what headers are",
    guarantee: "codec",
    file: "src/domain/codec.ts",
    find: "const headers: Record<string, string> = Object.create(null);",
    replace: "const headers: Record<string, string> = {};",
    tests: ["tests/domain/codec_test.ts"],
  },
  {
    name: "payload-counted-in-characters",
    wording: "the bound of a payload counts characters, not bytes",
    guarantee: "I10",
    file: "src/domain/event.ts",
    find: "const bytes = utf8Length(payload);",
    replace: "const bytes = payload.length;",
    tests: ["tests/domain/event_test.ts"],
  },
];
