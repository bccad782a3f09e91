/**
 * `tidemark demo`: the main promise, kept before the user's eyes: three processes, one kill -9, nothing missing, nothing
 * double, nothing out of order.
 *
 * @module
 */

import { readArguments, UsageError } from "./command.ts";
import { ConsumerEndedError } from "./demo/consumer.ts";
import { isExactlyOnce } from "./demo/examine.ts";
import { DEMO_HELP } from "./demo/help.ts";
import { readInput } from "./demo/input.ts";
import { Place, RedisAwayError } from "./demo/place.ts";
import { play } from "./demo/play.ts";
import { readBack } from "./demo/read_back.ts";
import { Screen } from "./demo/screen.ts";
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
 * @param args `--redis URL`, `--json`, `--help`; and for tests `--events COUNT`.
 * @returns The exit code: 0 when every event has one output in order, 1 otherwise.
 * @throws {UsageError} For wrong arguments, and what the broker throws when it cannot be used.
 */
export async function demo(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args, {
    redis: { type: "string" },
    json: { type: "boolean", default: false },
    events: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  });
  if (positionals.length > 0) {
    throw new UsageError(`Cannot use "${positionals[0]}": demo takes options only`);
  }
  if (values.help) {
    writeResult(DEMO_HELP);
    return 0;
  }
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
    const story = await play({ place, input, screen, signal: interrupt.signal });
    const outcome = await readBack(place);
    const { description, keyCount } = input;
    const { kind } = place.broker;
    return tell({ broker: kind, input: description, keys: keyCount, ...outcome, ...story }, {
      screen,
      asJson: values.json,
    });
  } catch (error) {
    if (interrupt.signal.aborted) return 1;
    if (!(error instanceof RedisAwayError || error instanceof ConsumerEndedError)) throw error;
    writeNote(error.message);
    return 1;
  }
}

function tell(
  result: Result,
  options: { readonly screen: Screen; readonly asJson: boolean },
): number {
  const isRight = isExactlyOnce(result);
  if (options.asJson) writeResult(JSON.stringify(result));
  else {
    options.screen.say(`\n${tableOf(result)}\n`);
    options.screen.shout(sentenceOf(result), isRight ? "green" : "red");
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
