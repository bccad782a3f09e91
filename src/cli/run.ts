/**
 * `tidemark run`: runs everything that a configuration has until it is told to stop.
 *
 * @module
 */

import { configurationHelp } from "../config/help_text.ts";
import { loadConfig } from "../config/load.ts";
import { checkName } from "../domain/names.ts";
import { openLog, setUpLogging } from "../telemetry/logging.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import { StrayErrors } from "./stray_errors.ts";
import { writeNote } from "./terminal.ts";

const HELP = `Usage: tidemark run [--config FILE] [--consumer NAME] [--inspect] [--inspect-control]

Runs every consumer of the configuration, and serves its runs and streams over HTTP where
http.port is set, until it is told to stop. The first SIGINT or SIGTERM lets running handlers
and runs finish, for stop.grace_ms; the second one ends at once.

Options:
  --config FILE      The configuration. Default: config.yaml
  --consumer NAME    This process's name in its groups, instead of the file's; each
                     process needs its own. Where the file wants several consumers of
                     a group, they are NAME-1, NAME-2 and so on
  --inspect          Show live what happens, at /inspector: by http.port, or else at
                     http://127.0.0.1:7070. Nothing can be changed there
  --inspect-control  The same, and consumers can be paused, resumed, drained and
                     restarted there, and dead letters replayed
  -h, --help         Show this

${configurationHelp()}`;

/** The command. */
export const run: Command = {
  name: "run",
  summary: "Run the consumers of a configuration, and serve its runs",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      "config": { type: "string", default: "config.yaml" },
      "consumer": { type: "string" },
      "inspect": { type: "boolean", default: false },
      "inspect-control": { type: "boolean", default: false },
    });
    if (positionals.length > 0) {
      throw new UsageError(`Cannot use "${positionals[0]}": run takes options only`);
    }
    const { consumer } = values;
    if (consumer !== undefined) checkName("consumer", consumer);
    const config = await loadConfig(values.config);
    setUpLogging(config.log);
    const { runService } = await import("../runtime.ts");
    const log = openLog("service");
    // Programs read every line of standard error as the log; people are told whatever the log's level is.
    const say = Deno.stderr.isTerminal() ? writeNote : (note: string) => log.log("info", note);
    using interrupt = new Interrupt(
      "Stopping: running handlers may finish, interrupt again to end at once",
      say,
    );
    using strayErrors = new StrayErrors(log, { isStopping: () => interrupt.signal.aborted });
    await runService(config, {
      signal: AbortSignal.any([interrupt.signal, strayErrors.signal]),
      log,
      inspect: values.inspect,
      inspectControl: values["inspect-control"],
      ...(consumer === undefined ? {} : { consumer }),
    });
    return strayErrors.signal.aborted ? 1 : 0;
  },
};
