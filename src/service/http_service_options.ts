/**
 * What a program serves over HTTP is told, and what it gets.
 *
 * @module
 */

import type { RouteGroup } from "../http/app.ts";
import type { HttpLimits } from "../http/http_limits.ts";
import type { Readiness } from "../http/routes/health.ts";
import type { HttpAddress } from "../http/server.ts";
import type { HttpTokens } from "../http/tokens.ts";
import type { Clock } from "../ports/clock.ts";
import type { JournalStore } from "../ports/journal_store.ts";
import type { Log } from "../ports/log.ts";
import type { RunService } from "../ports/run_service.ts";
import type { Inspector } from "./inspector_options.ts";

/** What is served, where, and to whom. */
export interface ServeHttpOptions {
  /** Where the streams under `/streams` are. The service does not close it. Default: there are none. */
  readonly broker?: JournalStore;
  /** Whether `/streams` is served where there is a broker. Default `true`. */
  readonly streams?: boolean;
  /** The runs under `/runs`, such as a `RunManager`. The service does not stop it. Default: there are none. */
  readonly runs?: RunService;
  /** The inspector under `/inspector`, of `openInspector`. The service does not close it. Default: there is none. */
  readonly inspector?: Inspector;
  /** Knows whether the program can do its work, for `/ready`. Default: a program that lives can. */
  readonly readiness?: Readiness;
  /** Routes of the program's own, such as a page at `/`. They come after the others; the service disposes those that can be. */
  readonly routes?: readonly RouteGroup[];
  /** What to bind to. Default `127.0.0.1`: only this machine; anything else needs a token. */
  readonly hostname?: string;
  /** 0 to 65,535; 0, the default, takes a free one. */
  readonly port?: number;
  /** Who may read and change. Default: everybody who reaches it, which is this machine. */
  readonly tokens?: HttpTokens;
  /** Further values of the header Host, with port where the address has one. Default: this machine's names. */
  readonly allowedHosts?: readonly string[];
  /** Origins of other web pages that may call. Default none. */
  readonly allowedOrigins?: readonly string[];
  /** What differs from the usual bounds. */
  readonly limits?: Partial<HttpLimits>;
  /** What the documents call the service. Default `Tidemark`. */
  readonly title?: string;
  /** The version that they tell. Default: Tidemark's. */
  readonly version?: string;
  /** Where failures go that no client is told of. Default: nowhere. */
  readonly log?: Log;
  /** Time; for tests. */
  readonly clock?: Clock;
}

/** A program that is served over HTTP, until it is closed. */
export interface HttpService extends AsyncDisposable {
  /** Where it listens. */
  readonly address: HttpAddress;
  /** How many clients follow live now. */
  readonly streamCount: number;
  /**
   * Ends: takes no more requests, ends the streams of those who follow, lets requests finish, then ends every connection.
   * Safe to call twice; the first call counts.
   *
   * @param options `graceMs`: how long requests get, in ms. Default 5,000. `letsEnd`: for at most as long, the inspector's
   * pages go on to see this process end, and are told when it has: close the inspector meanwhile. Default `false`.
   */
  close(options?: { readonly graceMs?: number; readonly letsEnd?: boolean }): Promise<void>;
}
