/**
 * `tidemark dead-letters`: what groups have given up, and what to do about it.
 *
 * @module
 */

import { lastOptionsHelp } from "./broker_option.ts";
import type { Command } from "./command.ts";
import { dropLetters } from "./dead_letters/drop.ts";
import { listLetters } from "./dead_letters/list.ts";
import { replayLetters } from "./dead_letters/replay.ts";
import { showLetter } from "./dead_letters/show.ts";
import { runVerb } from "./subcommands.ts";

const HELP = `Usage: tidemark dead-letters list STREAM [GROUP] [--newest] [--after ID] [--limit N]
                              [--json]
       tidemark dead-letters show STREAM GROUP ID [--json]
       tidemark dead-letters replay STREAM GROUP (ID… | --all) [--into STREAM2] [--json]
       tidemark dead-letters drop STREAM GROUP (ID… | --all) [--yes] [--json]

list: the events of a stream that groups have given up, oldest first or, with --newest,
newest first, with what their handler failed with last, or why else they were given up.
show: one of them, with its error and its original event. An ID is that of the dead letter,
as list shows it.

replay: publishes the original event again and removes the dead letter, in order, exactly
once: if it is interrupted or killed, run it again within a week, and nothing is published
twice. The event goes to the end of STREAM, and every group of STREAM sees it again, not
only GROUP. Where that is not wanted, --into puts it into a stream that only GROUP reads.

drop: removes dead letters for good. It asks before it does so.

The exit code is 1 when an id is none of the group, or something was left.

Options:
  --all           All dead letters that GROUP has now
  --into STREAM2  Where to publish. Made when it is missing. Default: STREAM
  --newest        list: the newest first
  --after ID      list: only those behind ID in the order of the list, to go on from there
  --limit N       At most so many, 1 to 10000. Default: 50
  --yes           Do not ask. Needed where there is no terminal
  --json          list: {"stream", "deadLetters": [{"id", "group", "entryId", "consumer",
                  "reason", "error": {"name", "message"} | null, "attempts", "deliveries",
                  "diedAtMs", "omitted"?: {"bytes", "sha256"}}], "moreCount",
                  "isMoreCountExact"}
                  show: the same of one, and "event": {…} | null, "fault", "fields":
                  [[name, value]]; a value that is no text is {"base64"}
                  replay: {"stream", "group", "into", "replayed", "known", "missing": [id],
                  "omitted": [id], "refused": [id], "isComplete"}
                  drop: {"stream", "group", "dropped", "missing": [id], "isComplete"}
${lastOptionsHelp(18)}`;

/** The command. */
export const deadLetters: Command = {
  name: "dead-letters",
  summary: "Show, replay or drop what groups have given up",
  help: HELP,
  run: (args) =>
    runVerb("dead-letters", args, {
      list: listLetters,
      show: showLetter,
      replay: replayLetters,
      drop: dropLetters,
    }),
};
