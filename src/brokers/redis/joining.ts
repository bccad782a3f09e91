/**
 * A consumer's start on Redis: its name and epoch, the facts, the checkpoint as it was found.
 *
 * @module
 */

import { entryIdOfSortable } from "../../domain/entry_id.ts";
import { InvalidNameError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import { checkpointMark } from "../../domain/checkpoint.ts";
import type { ConsumerStore, EstablishPlan, JoinFacts } from "../../ports/consumer_store.ts";
import { consumerKeys, RELEASED_CONSUMER } from "./keys.ts";
import { unreadLossOf } from "./losses.ts";
import { runAs } from "./membership.ts";
import { countOf, idOf, listOf, orNull } from "./replies.ts";
import { ESTABLISH, JOIN, LOAD_CHECKPOINT, RECORD_FAILURE } from "./scripts/joining.lua.ts";
import type { Session } from "./session.ts";
import { streamInfoOf } from "./streams.ts";

/** Join, establish, load the checkpoint, note a failure. */
export function joining(
  session: Session,
): Pick<ConsumerStore, "join" | "establish" | "loadCheckpoint" | "recordFailure"> {
  const life = session.random.uniqueText();
  let joinCount = 0;
  return {
    async join(member): Promise<JoinFacts> {
      const { stream, group, consumer, order } = member;
      checkName("stream", stream);
      checkName("group", group);
      checkName("consumer", consumer);
      if (consumer === RELEASED_CONSUMER) {
        throw new InvalidNameError("consumer", consumer, "wanted another name, this one is ours");
      }
      const ticket = `${life}.${++joinCount}`; // in order, so that a join that the network kept back is known
      const reply = await runAs(session, { stream, group, consumer, epoch: 0, ticket, order }, {
        script: JOIN,
        action: `join group "${group}"`,
        args: [session.random.uniqueText()],
      });
      const [epoch, nowMs, streamFacts, groupFacts, checkpoint] = listOf(reply);
      const [fields, done] = listOf(checkpoint);
      return {
        membership: { stream, group, consumer, epoch: countOf(epoch), ticket, order },
        nowMs: countOf(nowMs),
        stream: orNull(streamFacts, (facts) => streamInfoOf(stream, facts)),
        group: orNull(groupFacts, groupFactsOf),
        checkpoint: rawCheckpoint({ stream, group }, listOf(fields), listOf(done)),
        entriesAddedAtCheckpoint: orNull(listOf(fields)[6], countOf) ?? 0,
      };
    },

    async establish(membership, plan) {
      const { group, checkpoint, quarantine, createStream } = plan;
      const [action, start] = groupPlan(group);
      const [writes, position, done] = checkpointPlan(checkpoint, start);
      const isChecked = plan.decidedOn !== undefined && (action === "reset" || quarantine);
      const mark = checkpointMark(plan.decidedOn);
      const accounted = await runAs(session, membership, {
        script: ESTABLISH,
        action: `establish group "${membership.group}"`,
        start,
        args: [
          createStream ? "1" : "0",
          action,
          start,
          writes,
          position,
          quarantine ? "1" : "0",
          session.random.uniqueText(),
          isChecked ? "1" : "0",
          mark.incarnation,
          mark.position,
          String(plan.accountFor ?? 0),
          ...done,
        ],
      });
      return countOf(accounted);
    },

    async loadCheckpoint(stream, group) {
      checkName("stream", stream);
      checkName("group", group);
      const context = { action: `read the checkpoint of "${group}"`, stream, group, reads: true };
      const keys = consumerKeys(stream, group);
      const args = [group, "", "0", "none"];
      const reply = await session.commands.run(LOAD_CHECKPOINT, keys, args, context);
      const [fields, done] = listOf(reply);
      return rawCheckpoint({ stream, group }, listOf(fields), listOf(done));
    },

    async recordFailure(membership, id, failures) {
      await runAs(session, membership, {
        script: RECORD_FAILURE,
        action: "note a failure",
        args: [id, String(failures)],
      });
    },
  };
}

function groupPlan(plan: EstablishPlan["group"]): [action: string, start: string] {
  if (plan === "keep") return ["keep", "0-0"];
  if ("create" in plan) return ["create", plan.create];
  if ("advance" in plan) return ["advance", plan.advance];
  return ["reset", plan.reset];
}

function checkpointPlan(
  plan: EstablishPlan["checkpoint"],
  start: string,
): [writes: string, position: string, done: readonly string[]] {
  if (plan === "keep") return ["0", "0-0", []];
  if (plan === "ofNewGroup") return ["new", start, []];
  return ["1", plan.position, plan.done];
}

function groupFactsOf(reply: unknown): NonNullable<JoinFacts["group"]> {
  const [lastDeliveredId, entriesRead, pendingCount, firstPendingId, ownPendingCount, loss] =
    listOf(
      reply,
    );
  return {
    lastDeliveredId: idOf(lastDeliveredId),
    entriesRead: orNull(entriesRead, countOf),
    pendingCount: countOf(pendingCount),
    firstPendingId: orNull(firstPendingId, idOf),
    ownPendingCount: countOf(ownPendingCount),
    unreadLoss: orNull(loss, unreadLossOf),
  };
}

/** The checkpoint as it was found, for `decodeCheckpoint`: what should be a number and is none stays as it is. */
export function rawCheckpoint(
  place: { readonly stream: string; readonly group: string },
  fields: readonly unknown[],
  done: readonly unknown[],
): unknown {
  const [schema, incarnation, position, consumer, epoch, savedAtMs] = fields;
  // A hash of epochs alone is no checkpoint.
  if (schema === null && position === null && done.length === 0) return null;
  return {
    schema: numberOrRaw(schema),
    ...place,
    incarnation,
    position,
    consumer,
    epoch: numberOrRaw(epoch),
    savedAtMs: numberOrRaw(savedAtMs),
    done: done.map(idOrRaw),
  };
}

function numberOrRaw(value: unknown): unknown {
  return typeof value === "string" && /^\d{1,16}$/.test(value) ? Number(value) : value;
}

function idOrRaw(value: unknown): unknown {
  try {
    return entryIdOfSortable(String(value));
  } catch {
    return value;
  }
}
