/**
 * `tidemark inspect`: shows the processes that work with a broker, from one that runs no consumers itself.
 *
 * @module
 */

import { INSPECTOR_PORT } from "../config/operator_wish.ts";
import { abortOf } from "../service/unless_aborted.ts";
import { refuseMore, wholeNumber } from "./arguments.ts";
import { BROKER_OPTIONS, lastOptionsHelp, openBrokerOf } from "./broker_option.ts";
import { type Command, readArguments } from "./command.ts";
import { Interrupt } from "./interrupt.ts";
import { writeResult } from "./terminal.ts";

const HELP = `Usage: tidemark inspect [--port PORT] [--control] [--config FILE | --url URL]

Serves the inspector for all processes on a broker, at /inspector of this machine alone, until
it is interrupted. It shows those that were started with --inspect, or whose configuration says
inspector.followed; it lists the others.

Options:
  --port PORT    Where to serve, 0 for any free port. Default: ${INSPECTOR_PORT}
  --control      Consumers can be paused, resumed, drained and restarted there, where their
                 process takes commands too, and dead letters replayed
${lastOptionsHelp()}`;

/** The command. */
export const inspect: Command = {
  name: "inspect",
  summary: "Show live what the processes on a broker do",
  help: HELP,
  async run(args) {
    const { values, positionals } = readArguments(args, {
      ...BROKER_OPTIONS,
      port: { type: "string" },
      control: { type: "boolean", default: false },
    });
    refuseMore(positionals, "inspect");
    const port = wholeNumber("port", values.port, { min: 0, max: 65_535 }) ?? INSPECTOR_PORT;
    using interrupt = new Interrupt("Stopping");
    await using broker = await openBrokerOf(values);
    const { openInspector } = await import("../service/open_inspector.ts");
    const { serveHttp } = await import("../service/serve_http.ts");
    await using inspector = await openInspector({ broker, commands: values.control });
    await using http = await serveHttp({ inspector, port });
    writeResult(`${http.address.url}/inspector`);
    await abortOf(interrupt.signal);
    await http.close({ graceMs: 500 });
    return 0;
  },
};
