/**
 * The commit: one `BEGIN IMMEDIATE` transaction of checks, outputs, acknowledgement and checkpoint (DESIGN.md 3).
 *
 * @module
 */

import { CHECKPOINT_SCHEMA } from "../../domain/checkpoint.ts";
import {
  type EntryId,
  entryIdOfSortable,
  parseEntryId,
  sortableEntryId,
} from "../../domain/entry_id.ts";
import { BrokerUnsupportedError, InvalidOptionError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { Output, Settlement, Verdict } from "../../domain/settlement.ts";
import type { CommitRequest, CommitResult, Membership } from "../../ports/consumer_store.ts";
import { type AppendContext, StreamEnd } from "./append.ts";
import { readDone, readPosition } from "./checkpoints.ts";
import { Judge } from "./judge.ts";
import { checkCount, checkWhole } from "./limits.ts";
import { findPlace, type Place } from "./places.ts";
import { advanceProgress, countLost } from "./progress.ts";
import { keepWaiting, setFree } from "./routing.ts";
import { TransactionEndedError, type UserWork } from "./user_work.ts";
import type { Waiters } from "./waiters.ts";

/** How many settlements one commit takes, as on Redis (T22). */
const SETTLEMENTS_MAX = 1_000;

/** How verdicts are stored with the token, one letter each. */
const LETTERS: Readonly<Record<Verdict, string>> = {
  committed: "c",
  done: "d",
  fenced: "f",
  failed: "x",
  held: "h",
};

const ACKNOWLEDGE = `DELETE FROM tidemark_pending
  WHERE group_id = ? AND id IN (SELECT value FROM json_each(?))`;
const DEFER = "UPDATE tidemark_pending SET due_at = ?, failures = ? WHERE group_id = ? AND id = ?";
const SAVE_RESULT = `UPDATE tidemark_consumers SET token = ifnull(?, token),
  verdicts = ifnull(?, verdicts), position = ifnull(?, position) WHERE consumer_id = ?`;

/** Entries whose work cannot be part of a commit, and what it threw: found by a commit that had to start again. */
type Excluded = ReadonlyMap<number, unknown>;

/** Commits over one connection. */
export class Commits {
  readonly #context: AppendContext;
  readonly #waiters: Waiters;
  readonly #userWork: UserWork;

  constructor(
    context: AppendContext,
    parts: { readonly waiters: Waiters; readonly userWork: UserWork },
  ) {
    this.#context = context;
    this.#waiters = parts.waiters;
    this.#userWork = parts.userWork;
  }

  /** See `ConsumerStore.commit`. */
  commit(membership: Membership, request: CommitRequest): CommitResult {
    checkRequest(request);
    const excluded = new Map<number, unknown>();
    let checkForeignKeys = false;
    while (true) {
      const written = new Set<string>();
      try {
        const attempt = { request, excluded, checkForeignKeys, written };
        const result = this.#context.connection.write(
          `commit to stream "${membership.stream}"`,
          () => this.#attempt(membership, attempt),
        );
        for (const stream of written) this.#waiters.wake(stream);
        return result;
      } catch (error) {
        if (error instanceof TransactionEndedError && !excluded.has(error.index)) {
          excluded.set(error.index, error.cause ?? error);
        } else if (!checkForeignKeys && isForeignKeyFailure(error)) {
          checkForeignKeys = true; // a deferred constraint: find out whose it was
        } else {
          throw error;
        }
      }
    }
  }

  #attempt(
    membership: Membership,
    call: {
      readonly request: CommitRequest;
      readonly excluded: Excluded;
      readonly checkForeignKeys: boolean;
      readonly written: Set<string>;
    },
  ): CommitResult {
    const { connection } = this.#context;
    const { request } = call;
    const place = findPlace(connection, membership, { checkEpoch: true });
    if (request.token !== null && place.token === request.token) {
      return this.#already(membership, { request, place });
    }
    const ids = request.settlements.map(({ id }) => sortableEntryId(id));
    const judge = new Judge(connection, { membership, place, ids });
    const workErrors = new Map<EntryId, unknown>();
    const outputs = new Outputs(this.#context);
    const acknowledged: string[] = [];
    const finished: string[] = [];
    let lostCount = 0;
    const nowMs = this.#context.clock.nowMs();
    const verdicts = request.settlements.map((settlement, index): Verdict => {
      const id = ids[index] ?? "";
      const isLost = settlement.kind === "lost";
      const judgement = judge.judge(id, isLost);
      if (judgement.verdict === "fenced") {
        const { groupId, consumerId } = place;
        if (judgement.mustWait) keepWaiting(connection, { groupId, consumerId, id, nowMs });
        return "fenced";
      }
      if (judgement.verdict === "done") {
        if (judgement.isPending) acknowledged.push(id);
        return "done";
      }
      if (judgement.verdict === "held") return "held";
      if (settlement.kind === "handled") {
        const failure = this.#work(settlement, { ...call, index });
        if (failure !== null) {
          workErrors.set(settlement.id, failure.error);
          return "failed";
        }
        for (const output of settlement.outputs) outputs.append(output);
      } else if (settlement.kind === "deadLettered") {
        outputs.append(settlement.letter);
      } else if (settlement.kind === "lost") {
        lostCount++;
      } else {
        const { dueAtMs, failures } = settlement;
        connection.statement(DEFER).run(dueAtMs, failures, place.groupId, id);
        return "committed";
      }
      judge.noteFinished(id, isLost);
      acknowledged.push(id);
      finished.push(id);
      return "committed";
    });
    outputs.save(call.written);
    if (acknowledged.length > 0) {
      connection.statement(ACKNOWLEDGE).run(place.groupId, JSON.stringify(acknowledged));
    }
    if (membership.order === "key" && setFree(connection, place.groupId, judge.keys())) {
      call.written.add(membership.stream);
    }
    if (lostCount > 0) countLost(connection, place.groupId, lostCount);
    const progress = advanceProgress(this.#context, finished, { place, membership });
    const letters = verdicts.map((verdict) => LETTERS[verdict]).join("");
    connection.statement(SAVE_RESULT).run(
      request.token,
      request.token === null ? null : letters,
      finished.at(-1) ?? null,
      place.consumerId,
    );
    const progressed = { ...progress, kind: "committed", verdicts, workErrors } as const;
    return this.#result(membership, { request, place, ...progressed });
  }

  #work(
    settlement: Settlement & { readonly kind: "handled" },
    call: {
      readonly index: number;
      readonly excluded: Excluded;
      readonly checkForeignKeys: boolean;
    },
  ): { readonly error: unknown } | null {
    if (call.excluded.has(call.index)) return { error: call.excluded.get(call.index) };
    if (settlement.work.length === 0) return null;
    return this.#userWork.run(settlement.work, call);
  }

  #already(
    membership: Membership,
    call: { readonly request: CommitRequest; readonly place: Place },
  ): CommitResult {
    const { place } = call;
    const stored = readPosition(this.#context.connection, place.groupId, place.incarnation);
    return this.#result(membership, {
      ...call,
      kind: "already",
      verdicts: [...place.verdicts ?? ""].map(verdictOf),
      workErrors: new Map(),
      position: stored.position,
      doneCount: place.doneCount,
      savedAtMs: stored.savedAtMs,
    });
  }

  #result(
    membership: Membership,
    call: Pick<CommitResult, "kind" | "verdicts" | "workErrors" | "doneCount"> & {
      readonly request: CommitRequest;
      readonly place: Place;
      readonly position: string;
      readonly savedAtMs: number;
    },
  ): CommitResult {
    const { connection } = this.#context;
    const { request, place, kind, verdicts, workErrors, doneCount, savedAtMs } = call;
    const { stream, group, consumer, epoch } = membership;
    return {
      kind,
      verdicts,
      workErrors,
      checkpoint: {
        schema: CHECKPOINT_SCHEMA,
        stream,
        group,
        consumer,
        incarnation: place.incarnation,
        position: entryIdOfSortable(call.position),
        done: request.withDone && doneCount > 0 ? readDone(connection, place.groupId) : [],
        epoch,
        savedAtMs,
      },
      doneCount,
    };
  }
}

/** The outputs of one commit, stream by stream. */
class Outputs {
  readonly #context: AppendContext;
  readonly #ends = new Map<string, StreamEnd>();

  constructor(context: AppendContext) {
    this.#context = context;
  }

  append({ stream, fields }: Output): void {
    let end = this.#ends.get(stream);
    if (end === undefined) {
      end = new StreamEnd(this.#context, stream);
      this.#ends.set(stream, end);
    }
    end.push(fields);
  }

  /** Saves the ends of the streams, and adds their names to those whose readers are to be woken. */
  save(written: Set<string>): void {
    for (const [stream, end] of this.#ends) {
      end.save();
      written.add(stream);
    }
  }
}

function checkRequest({ token, settlements }: CommitRequest): void {
  if (token === "") throw new InvalidOptionError("token", token, "a text that is not empty");
  checkCount("settlements", settlements.length, SETTLEMENTS_MAX);
  let previous = "";
  for (const settlement of settlements) {
    const id = sortableEntryId(parseEntryId(settlement.id));
    if (id <= previous) {
      throw new InvalidOptionError("settlements", settlement.id, "ids ascending and distinct");
    }
    previous = id;
    if (settlement.kind === "handled") {
      for (const { stream } of settlement.outputs) checkName("stream", stream);
    } else if (settlement.kind === "deadLettered") {
      checkName("stream", settlement.letter.stream);
    } else if (settlement.kind === "deferred") {
      checkWhole("dueAtMs", settlement.dueAtMs);
      checkWhole("failures", settlement.failures);
    }
  }
}

function verdictOf(letter: string): Verdict {
  for (const verdict of ["committed", "done", "fenced", "failed", "held"] as const) {
    if (LETTERS[verdict] === letter) return verdict;
  }
  throw new BrokerUnsupportedError(
    "Cannot read the SQLite file: it is damaged, a consumer's verdicts cannot be read, restore it from a copy",
  );
}

/** Only users' tables have foreign keys. */
function isForeignKeyFailure(error: unknown): boolean {
  return error instanceof Error && error.message.includes("FOREIGN KEY constraint failed");
}
