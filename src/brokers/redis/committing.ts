/**
 * The commit on Redis: settlements as the arguments of one script, its compact answer as a result.
 *
 * @module
 */

import { CHECKPOINT_SCHEMA } from "../../domain/checkpoint.ts";
import { compareEntryIds, entryIdOfSortable } from "../../domain/entry_id.ts";
import { BrokerUnsupportedError, InvalidOptionError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { Output, Settlement, Verdict } from "../../domain/settlement.ts";
import type {
  CommitRequest,
  CommitResult,
  ConsumerStore,
  Membership,
} from "../../ports/consumer_store.ts";
import { SCRIPT_PARTS_MAX } from "./append.ts";
import { type Argument, argumentOf } from "./connection.ts";
import { incarnationKey } from "./keys.ts";
import { COUNT_MAX, runAs } from "./membership.ts";
import { countOf, idOf, listOf, textOf } from "./replies.ts";
import { COMMIT } from "./scripts/commit.lua.ts";
import type { Session } from "./session.ts";

const KINDS: Readonly<Record<Settlement["kind"], string>> = {
  handled: "h",
  deferred: "d",
  deadLettered: "x",
  lost: "l",
};

const VERDICTS: ReadonlyMap<string, Verdict> = new Map([
  ["c", "committed"],
  ["d", "done"],
  ["f", "fenced"],
  ["h", "held"],
]);

/** The commit method of the broker. */
export function committing(session: Session): Pick<ConsumerStore, "commit"> {
  return {
    async commit(membership, request): Promise<CommitResult> {
      const { settlements } = request;
      checkRequest(request);
      const outputs = new OutputList();
      let index = 0;
      for (const settlement of settlements) {
        if (settlement.kind === "handled") outputs.addAll(index, settlement.outputs);
        if (settlement.kind === "deadLettered") outputs.addAll(index, [settlement.letter]);
        index++;
      }
      const reply = await runAs(session, membership, {
        script: COMMIT,
        action: "commit",
        moreKeys: outputs.keys,
        args: [
          request.token ?? "",
          String(settlements.length),
          kindsOf(settlements),
          request.withDone ? "1" : "0",
          session.random.uniqueText(),
          ...settlements.map((settlement) => settlement.id),
          ...retriesOf(settlements),
          ...outputs.args,
        ],
      });
      return resultOf(membership, request, reply);
    },
  };
}

/** The outputs of a batch as arguments of the script: settlement, stream, number of parts, parts. */
class OutputList {
  /** Pairs of a stream and its incarnation. */
  readonly keys: string[] = [];
  /** The arguments. */
  readonly args: Argument[] = [];
  readonly #numbers = new Map<string, number>();

  /** Adds the outputs of one settlement. */
  addAll(index: number, outputs: readonly Output[]): void {
    for (const { stream, fields } of outputs) {
      if (fields.length < 2 || fields.length % 2 !== 0 || fields.length > SCRIPT_PARTS_MAX) {
        const wanted = `names and values in turn, 2 to ${SCRIPT_PARTS_MAX} in all`;
        throw new InvalidOptionError(`settlements[${index}].fields`, fields.length, wanted);
      }
      this.args.push(String(index + 1), String(this.#number(stream)), String(fields.length));
      for (const part of fields) this.args.push(argumentOf(part));
    }
  }

  #number(stream: string): number {
    const known = this.#numbers.get(stream);
    if (known !== undefined) return known;
    checkName("stream", stream);
    this.keys.push(stream, incarnationKey(stream));
    const number = this.keys.length / 2;
    this.#numbers.set(stream, number);
    return number;
  }
}

function checkRequest({ token, settlements }: CommitRequest): void {
  const { length } = settlements;
  if (token === "") throw new InvalidOptionError("token", token, "a text that is not empty");
  if (length < 1 || length > COUNT_MAX) {
    throw new InvalidOptionError("settlements", length, `1 to ${COUNT_MAX}`);
  }
  for (const [index, settlement] of settlements.entries()) {
    const before = settlements[index - 1];
    if (before !== undefined && compareEntryIds(before.id, settlement.id) >= 0) {
      throw new InvalidOptionError(`settlements[${index}].id`, settlement.id, "ascending ids");
    }
    if (settlement.kind === "handled" && settlement.work.length > 0) {
      throw new BrokerUnsupportedError(
        "Cannot commit work in the user's tables: Redis has none, use the SQLite broker or outputs",
      );
    }
  }
}

/** One letter for each settlement, or one for all of them. */
function kindsOf(settlements: readonly Settlement[]): string {
  const kind = settlements[0]?.kind;
  if (kind !== undefined && settlements.every((settlement) => settlement.kind === kind)) {
    return KINDS[kind];
  }
  return settlements.map((settlement) => KINDS[settlement.kind]).join("");
}

/** "failures dueAtMs" of each deferred one. */
function retriesOf(settlements: readonly Settlement[]): string[] {
  const retries: string[] = [];
  for (const settlement of settlements) {
    if (settlement.kind === "deferred") {
      retries.push(`${settlement.failures} ${settlement.dueAtMs}`);
    }
  }
  return retries;
}

function resultOf(membership: Membership, request: CommitRequest, reply: unknown): CommitResult {
  const [kind, verdicts, position, incarnation, savedAtMs, doneCount, done] = listOf(reply);
  const { stream, group, consumer, epoch } = membership;
  return {
    kind: kind === "already" ? "already" : "committed",
    verdicts: verdictsOf(textOf(verdicts), request.settlements.length),
    workErrors: new Map(),
    checkpoint: {
      schema: CHECKPOINT_SCHEMA,
      stream,
      group,
      consumer,
      incarnation: textOf(incarnation),
      position: idOf(position),
      done: listOf(done).map((id) => entryIdOfSortable(textOf(id))),
      epoch,
      savedAtMs: countOf(savedAtMs),
    },
    doneCount: countOf(doneCount),
  };
}

/** One letter for each settlement, or one for all. */
function verdictsOf(letters: string, count: number): Verdict[] {
  if (letters.length === 1) return new Array<Verdict>(count).fill(verdictOf(letters));
  return Array.from(letters, verdictOf);
}

function verdictOf(letter: string): Verdict {
  const verdict = VERDICTS.get(letter);
  if (verdict !== undefined) return verdict;
  throw new BrokerUnsupportedError(`Cannot read the verdict "${letter}" of a commit`);
}
