/**
 * `tidemark status`: what runs where, how far it is, and what holds it up.
 *
 * @module
 */

import { TidemarkError } from "../domain/errors.ts";
import type { Broker } from "../ports/broker.ts";
import { systemClock } from "../ports/clock.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import { jsonText } from "./shown.ts";
import { surveyRecord } from "./status/json.ts";
import { surveyText } from "./status/screen.ts";
import { type Survey, type SurveySelection, takeSurvey } from "./status/survey.ts";
import { ProgressLine, writeNote, writeResult } from "./terminal.ts";

/** Processes announce themselves anew this often, in ms. */
const WATCH_MS = 2_000;

const CLEAR_SCREEN = "\u001b[2J\u001b[H";

const HELP = `Usage: tidemark status [--watch] [--json] [--config FILE | --url URL]

Shows the processes that work with a broker, as they announce themselves every 2 s, with
their consumers: state, position (everything at or below is handled), how many entries of
the group were not handed out yet (lag, - where the broker cannot tell), how many are
pending for anybody, how many this consumer holds, how often it was restarted of late, and
in one sentence what holds it up. Then the groups that no process has announced.

Options:
  --watch        Show it again every 2 s, until interrupted
  --json         {"at", "broker": {"kind", "location"}, "processes": [{"instance", "host",
                 "pid", "version", "state", "pressure", "startedAt", "heardMsAgo",
                 "consumers": [{"stream", "group", "consumer", "supervision", "state",
                 "stateSince", "position", "lag", "lagConfidence", "pending", "inFlight",
                 "running", "committed", "deadLettered", "restarts", "explain": EXPLAIN}],
                 "consumersDropped"}], "unattended": [{"stream", "group", "lag", "pending",
                 "waitingSince", "explain": EXPLAIN}], "unreadable": [{"instance",
                 "reason"}]}, where EXPLAIN is {"code", "kind": "working" | "waiting" |
                 "stuck", "text"}; with --watch one such line each time
${lastOptionsHelp()}

Exit codes: 0 shown, 1 the broker cannot be reached, 2 wrong use or configuration.`;

/** The command. */
export const status: Command = {
  name: "status",
  summary: "Show what runs, how far it is, and what holds it up",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      json: { type: "boolean", default: false },
      watch: { type: "boolean", default: false },
    });
    if (positionals.length > 0) {
      throw new UsageError(`Cannot use "${positionals[0]}": status takes options only`);
    }
    await using broker = await openBrokerOf(values);
    const show = (survey: Survey) => showSurvey(survey, { json: values.json, clear: values.watch });
    if (values.watch) await watch(broker, show);
    else show(await surveyOf(broker));
    return 0;
  },
};

/** Looks, and says on a terminal how far it is. What could not be looked at is noted. */
export async function surveyOf(broker: Broker, selection: SurveySelection = {}): Promise<Survey> {
  using progress = new ProgressLine();
  const survey = await takeSurvey(broker, {
    selection,
    nowMs: systemClock.nowMs(),
    onProgress: (done, total) => progress.show(() => `${done} of ${total} streams looked at`),
  });
  progress[Symbol.dispose]();
  for (const note of survey.notes) writeNote(note);
  return survey;
}

/** @returns `false` when nobody reads any more. */
function showSurvey(survey: Survey, how: { readonly json: boolean; readonly clear: boolean }) {
  if (how.json) return writeResult(jsonText(surveyRecord(survey)));
  const isTerminal = Deno.stdout.isTerminal();
  const text = surveyText(survey, { colour: isTerminal && !Deno.noColor });
  if (!how.clear) return writeResult(text);
  return writeResult(isTerminal ? `${CLEAR_SCREEN}${text}` : `${text}\n`);
}

/** Shows it again and again. A broker that is away for a while is noted, and waited for. */
async function watch(broker: Broker, show: (survey: Survey) => boolean): Promise<void> {
  using interrupt = new Interrupt("Stopping");
  const { signal } = interrupt;
  while (!signal.aborted) {
    try {
      if (!show(await surveyOf(broker))) return;
    } catch (error) {
      if (!(error instanceof TidemarkError) || error.recovery === "fatal") throw error;
      writeNote(error.message);
    }
    await pause(signal);
  }
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = systemClock.after(WATCH_MS, end);
    signal.addEventListener("abort", end);
  });
}
