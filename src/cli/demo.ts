/**
 * `tidemark demo`: the main promise, kept before the user's eyes: three processes, one kill -9, nothing missing, nothing
 * double, nothing out of order.
 *
 * @module
 */

import { wholeNumber } from "./arguments.ts";
import { readArguments, UsageError } from "./command.ts";
import { ConsumerEndedError } from "./demo/consumer.ts";
import { isExactlyOnce } from "./demo/examine.ts";
import { DEMO_HELP } from "./demo/help.ts";
import { readInput } from "./demo/input.ts";
import { Place, RedisAwayError } from "./demo/place.ts";
import { play, type Stage, type Story } from "./demo/play.ts";
import { readBack } from "./demo/read_back.ts";
import { Screen } from "./demo/screen.ts";
import { keepBusy, openShow } from "./demo/show.ts";
import { type Result, sentenceOf, tableOf } from "./demo/table.ts";
import { Interrupt } from "./interrupt.ts";
import { writeNote, writeResult } from "./terminal.ts";

/** With fewer there is no midway to see. */
const EVENTS_MIN = 50;

/** More than anyone wants to wait for. */
const EVENTS_MAX = 100_000;

/**
 * Runs the demo.
 *
 * @param args `--redis URL`, `--json`, `--inspect`, `--help`; and for tests `--events COUNT`, `--port PORT`.
 * @returns The exit code: 0 when every event has one output in order, 1 otherwise.
 * @throws {UsageError} For wrong arguments, and what the broker throws when it cannot be used.
 */
export async function demo(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    redis: { type: "string" },
    json: { type: "boolean", default: false },
    inspect: { type: "boolean", default: false },
    events: { type: "string" },
    port: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  if (positionals.length > 0) {
    throw new UsageError(`Cannot use "${positionals[0]}": demo takes options only`);
  }
  if (values.help) {
    writeResult(DEMO_HELP);
    return 0;
  }
  const port = wholeNumber("port", values.port, { min: 0, max: 65_535 });
  const input = await readInput(eventCountOf(values.events));
  if (input.events.length < EVENTS_MIN) {
    writeNote("Cannot find events for the demo: run it in a folder with a git history");
    return 1;
  }
  using screen = new Screen(values.json ? "stderr" : "stdout");
  using interrupt = new Interrupt("Stopping and cleaning up");
  try {
    await using place = await Place.open(values.redis);
    screen.say(`Tidemark demo on ${place.broker.kind} (${place.broker.location})`);
    screen.say(`Input: ${input.description}`);
    const stage = { place, input, screen, signal: interrupt.signal };
    const asJson = values.json;
    if (!values.inspect) return await tell(await play(stage), { ...stage, asJson });
    await using show = await openShow(place, port);
    screen.say(`Inspector: ${show.url}`);
    let code = 1;
    const epilogue = async (story: Story) => {
      code = await tell(story, { ...stage, asJson });
      screen.say(`Events go on; look at ${show.url}, end with Ctrl-C`);
      await keepBusy(place, stage);
    };
    await play({ ...stage, epilogue });
    return code;
  } catch (error) {
    if (interrupt.signal.aborted) return 1;
    if (!(error instanceof RedisAwayError || error instanceof ConsumerEndedError)) throw error;
    writeNote(error.message);
    return 1;
  }
}

/** Looks at what is there, and tells it. @returns The exit code. */
async function tell(
  story: Story,
  { place, input, screen, asJson }: Stage & { readonly asJson: boolean },
): Promise<number> {
  const outcome = await readBack(place);
  const facts = { broker: place.broker.kind, input: input.description, keys: input.keyCount };
  const result: Result = { ...facts, ...outcome, ...story };
  const isRight = isExactlyOnce(result);
  if (asJson) writeResult(JSON.stringify(result));
  else {
    screen.say(`\n${tableOf(result)}\n`);
    screen.shout(sentenceOf(result), isRight ? "green" : "red");
  }
  return isRight ? 0 : 1;
}

function eventCountOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= EVENTS_MIN && count <= EVENTS_MAX) return count;
  throw new UsageError(
    `Cannot use --events ${text}: wanted a whole number from ${EVENTS_MIN} to ${EVENTS_MAX}`,
  );
}
