/**
 * `tidemark chart`: prints the state machines that a service is made of, as they run in this version.
 *
 * @module
 */

import { nearestName } from "../config/nearest.ts";
import { escapeUnprintable } from "../domain/printable.ts";
import type { DrawOptions, MachineName } from "../service/charts.ts";
import { refuseMore } from "./arguments.ts";
import { type Command, readArguments, UsageError } from "./command.ts";
import { writeNote, writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark chart consumer|supervisor|orchestrator|worker [OPTIONS]

Prints the chart of a state machine, drawn from the code that runs.

Options:
  --format FORMAT  mermaid (text that Git hosts draw) or svg (a picture, light and dark).
                   Default: svg where --output ends in .svg, otherwise mermaid
  --output FILE    Write it there instead, over what is there; needs --allow-write=FILE
  --overview       Only the states directly inside the machine, and what leads from
                   one to another
  --without EVENT  Leave an event out, such as broker.failed; may be given again
  -h, --help       Show this`;

/** The command. */
export const chart: Command = {
  name: "chart",
  summary: "Print the chart of a state machine that runs here",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      format: { type: "string" },
      output: { type: "string" },
      overview: { type: "boolean", default: false },
      without: { type: "string", multiple: true, default: [] },
    });
    const { output, overview, without } = values;
    const machine = await machineArgument(positionals);
    const format = formatOf(values.format, output);
    const { drawMachine } = await import("../service/charts.ts");
    const text = await drawMachine(machine, { format, overview, without });
    if (output !== undefined && !await writeFile(output, text)) return 1;
    writeResult(
      output === undefined
        ? text.trimEnd()
        : escapeUnprintable(`Wrote the chart of the ${machine} to ${JSON.stringify(output)}`),
    );
    return 0;
  },
};

async function machineArgument(positionals: readonly string[]): Promise<MachineName> {
  const { isMachineName, MACHINE_NAMES } = await import("../service/charts.ts");
  const [name, ...rest] = positionals;
  const wanted = `wanted ${MACHINE_NAMES.join(", ")}`;
  if (name === undefined) {
    throw new UsageError(`Cannot draw a chart: no machine is named, ${wanted}`);
  }
  refuseMore(rest, "chart");
  if (isMachineName(name)) return name;
  const nearest = nearestName(name, MACHINE_NAMES);
  const hint = nearest === undefined ? wanted : `did you mean ${nearest}?`;
  throw new UsageError(`Cannot draw "${name}": there is no such machine, ${hint}`);
}

function formatOf(given: string | undefined, output: string | undefined): DrawOptions["format"] {
  if (given === "mermaid" || given === "svg") return given;
  if (given !== undefined) {
    throw new UsageError(`Cannot use --format ${given}: wanted mermaid or svg`);
  }
  return output?.toLowerCase().endsWith(".svg") ? "svg" : "mermaid";
}

/** @returns `false` when that is not possible, which is told. */
async function writeFile(path: string, text: string): Promise<boolean> {
  try {
    await Deno.writeTextFile(path, text);
    return true;
  } catch (error) {
    writeNote(`Cannot write ${JSON.stringify(path)}: ${reasonOf(error, path)}`);
    return false;
  }
}

function reasonOf(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `this program may not write it, allow it with --allow-write=${path}`;
  }
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return "there is no such folder";
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory, wanted a file";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not write it";
  return "it cannot be written";
}
