/**
 * The inspector's page for a program that asks for it in a word, `inspect: true`: served to this machine alone, with a token,
 * and closed together with what it shows.
 *
 * @module
 */

import type { Orchestrator } from "../orchestrator/orchestrator.ts";
import type { Broker } from "../ports/broker.ts";
import type { Clock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { type Random, systemRandom } from "../ports/random.ts";
import { openInspector } from "./open_inspector.ts";
import { serveHttp } from "./serve_http.ts";

/** How the page is served. */
export interface InspectPageOptions {
  /** The port on 127.0.0.1; 0 to 65,535. Default 0: a free one. */
  readonly port?: number;
  /** Whether consumers can be paused, drained and restarted there, and dead letters replayed. Default `false`. */
  readonly control?: boolean;
}

/** A page that is served. */
export interface InspectPage extends AsyncDisposable {
  /** What to open in a browser. Whoever has it may look, and with `control` command: it holds the token. */
  readonly url: string;
}

/** What a page needs. */
export interface PageContext {
  /** Where pending entries and dead letters are. */
  readonly broker: Broker;
  /** Whose consumers it shows. */
  readonly orchestrator: Orchestrator;
  /** Where it is said that it is served. Its token is said on standard error only. */
  readonly log?: Log;
  /** Time. */
  readonly clock?: Clock;
  /** Chance. The token is not made of it. */
  readonly random?: Random;
}

/** How long what a page has asked for may hold up the end, in ms. */
const GRACE_MS = 200;

/**
 * Serves a page, and says where.
 *
 * @throws {PortTakenError}, {PermissionMissingError} or {InvalidOptionError} As `serveHttp`.
 */
export async function openInspectPage(
  { port = 0, control = false }: InspectPageOptions,
  context: PageContext,
): Promise<InspectPage> {
  const { log } = context;
  await using open = new AsyncDisposableStack();
  const inspector = open.use(await openInspector({ ...context, commands: control }));
  const token = systemRandom.uniqueText();
  const tokens = control ? { control: token } : { read: token };
  const http = await serveHttp({ inspector, port, tokens, ...(log === undefined ? {} : { log }) });
  // Side by side: whoever looks on is told the end by what he looks at.
  open.defer(async () => {
    await Promise.all([http.close({ graceMs: GRACE_MS, letsEnd: true }), inspector.close()]);
  });
  // Behind the #, browsers send it to nobody; the page takes it out of its address.
  const page = `${http.address.url}/inspector`;
  const url = `${page}#token=${token}`;
  say(`The inspector is at ${url}`);
  log?.log("info", "the inspector is served", { url: page }); // a log is kept and sent on: no token in it (S28)
  const parts = open.move();
  // A second call of the stack's own would not wait for the first.
  let closed: Promise<void> | null = null;
  return { url, [Symbol.asyncDispose]: () => closed ??= parts.disposeAsync() };
}

/** Whoever asked for a page wants to know where it is, and nobody else must: not the log, which others read. */
function say(line: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
  } catch {
    // A closed pipe must not stop the work.
  }
}
