/**
 * `tidemark runs`: the runs on a broker, whichever process executes them.
 *
 * @module
 */

import { lastOptionsHelp } from "./broker_option.ts";
import type { Command } from "./command.ts";
import { cancelRun } from "./runs/cancel.ts";
import { deleteRun } from "./runs/delete.ts";
import { listRuns } from "./runs/list.ts";
import { showRun } from "./runs/show.ts";
import { tailRun } from "./runs/tail.ts";
import { runVerb } from "./subcommands.ts";

const HELP = `Usage: tidemark runs list [--kind KIND] [--status STATUS] [--limit N] [--json]
       tidemark runs show RUN [--json]
       tidemark runs tail RUN [--from WHERE] [--limit N] [--json]
       tidemark runs cancel RUN [--reason TEXT] [--json]
       tidemark runs delete RUN [--yes] [--json]

list: the runs, newest first: what they are, what they do, since when, and how many events
they have told.
show: one of them, with how it ended and how long it is still kept.
tail: its events, one a line, first those that are stored, then live, until the run has
ended; Ctrl-C ends it earlier. It says which events were not kept.
cancel: tells the process that executes it to end it. It returns before the run has ended.
delete: removes a run that has ended, and its events, for good. It asks before it does so.

Options:
  --from WHERE   beginning (the default); end (only what comes); an id, after which it
                 begins; or a time such as 2026-01-31T12:00Z
  --kind KIND    Only runs of this kind
  --limit N      list: at most so many, 1 to 10000. Default: 50. tail: end after so many
  --reason TEXT  Why, for those who look at the run later
  --status S     Only running, completed, failed, cancelled or interrupted ones
  --yes          Do not ask. Needed where there is no terminal
  --json         list: {"runs": [RUN], "hasMore"}; show: RUN, which is {"run", "kind",
                 "status", "startedAtMs", "endedAtMs", "reason", "eventCount", "length",
                 "firstId", "lastId", "expiresInMs", "owner"}
                 tail, one record a line: {"id", "type", "data", "atMs"}; for those that
                 were not kept {"gap": {"afterId", "untilId", "count"}}; at last
                 {"end": {"status", "reason", "lastId"}}
                 cancel: {"run", "isTold", "status"}; delete: {"run", "isDeleted"}
${lastOptionsHelp()}`;

/** The command. */
export const runs: Command = {
  name: "runs",
  summary: "Show, follow, cancel or delete runs",
  help: HELP,
  run: (args) =>
    runVerb("runs", args, {
      list: listRuns,
      show: showRun,
      tail: tailRun,
      cancel: cancelRun,
      delete: deleteRun,
    }),
};
