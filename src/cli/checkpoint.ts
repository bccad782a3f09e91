/**
 * `tidemark checkpoint`: look at how far a group has finished its stream, and move it.
 *
 * @module
 */

import { lastOptionsHelp } from "./broker_option.ts";
import { resetCheckpoint } from "./checkpoint/reset.ts";
import { showCheckpoint } from "./checkpoint/show.ts";
import type { Command } from "./command.ts";
import { runVerb } from "./subcommands.ts";

const HELP = `Usage: tidemark checkpoint show STREAM GROUP [--json]
       tidemark checkpoint reset STREAM GROUP --to WHERE [--force] [--yes] [--json]

show: the stored checkpoint (position: everything at or below is finished; done: what is
finished above it), whether a consumer can start from it, and those that were moved aside.

reset: moves the group and its checkpoint to another place, in one step. What is finished is
forgotten: entries above the place are handled again. Consumers that are running are refused
what they hold, and go on at the new place by themselves. The former checkpoint is kept aside.
It asks before it does so.

Options of reset:
  --to WHERE     beginning; end; an id, after which the group goes on; or a time such as
                 2026-01-31T12:00Z, at whose first entry it goes on
  --force        Also when entries are pending: they are dropped, and come again only if they
                 lie above the place
  --yes          Do not ask. Needed where there is no terminal

Options:
  --json         show: {"stream", "group", "kind": "valid" | "none" | "unusable",
                 "checkpoint" | null, "reason" | null, "fit": {"code", "text"},
                 "quarantined": [{"movedAtMs", "kind", "checkpoint", "reason"}]}
                 reset: {"stream", "group", "position", "droppedCount", "fencedCount"}
                 A checkpoint: {"position", "doneCount", "done" (the first 100),
                 "incarnation", "consumer", "epoch", "savedAtMs", "schema"}
                 fit.code: fits, none, unusable, streamMissing, streamReplaced, beyondEnd,
                 groupMissing, groupBehind
${lastOptionsHelp()}`;

/** The command. */
export const checkpoint: Command = {
  name: "checkpoint",
  summary: "Show how far a group is, or move it",
  help: HELP,
  run: (args) => runVerb("checkpoint", args, { show: showCheckpoint, reset: resetCheckpoint }),
};
