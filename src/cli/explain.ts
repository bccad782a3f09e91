/**
 * `tidemark explain`: why a consumer makes no progress, or that it does, in one sentence.
 *
 * @module
 */

import { checkName } from "../domain/names.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { jsonText } from "./shown.ts";
import { surveyOf } from "./status.ts";
import { sentencesRecord } from "./status/json.ts";
import { explained, sentencesText } from "./status/screen.ts";
import type { SurveySelection } from "./status/survey.ts";
import { writeResult } from "./terminal.ts";

const HELP =
  `Usage: tidemark explain [STREAM [GROUP [CONSUMER]]] [--json] [--config FILE | --url URL]

Says for each consumer, in one sentence, why it makes no progress, or that it does: for
those that a process has announced, and for groups that no process has.

Options:
  --json         {"at", "consumers": [{"stream", "group", "consumer", "instance", "code",
                 "kind": "working" | "waiting" | "stuck", "text"}]}; group, consumer and
                 instance are null where there is none
${lastOptionsHelp()}

Exit codes: 0 all work, or wait for something that comes by itself; 1 something is stuck
until a person acts, or the broker cannot be reached; 2 wrong use or configuration.`;

/** The command. */
export const explain: Command = {
  name: "explain",
  summary: "Say why a consumer makes no progress, in one sentence",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      json: { type: "boolean", default: false },
    });
    const selection = selectionOf(positionals);
    await using broker = await openBrokerOf(values);
    const survey = await surveyOf(broker, selection);
    const colour = Deno.stdout.isTerminal() && !Deno.noColor;
    const text = values.json
      ? jsonText(sentencesRecord(survey))
      : sentencesText(survey, { colour });
    writeResult(text);
    return explained(survey).some(({ explanation }) => explanation.kind === "stuck") ? 1 : 0;
  },
};

function selectionOf(positionals: readonly string[]): SurveySelection {
  const [stream, group, consumer, extra] = positionals;
  if (extra !== undefined) {
    throw new UsageError(`Cannot use "${extra}": explain takes a stream, a group and a consumer`);
  }
  return {
    ...(stream === undefined ? {} : { stream: checkName("stream", stream) }),
    ...(group === undefined ? {} : { group: checkName("group", group) }),
    ...(consumer === undefined ? {} : { consumer: checkName("consumer", consumer) }),
  };
}
