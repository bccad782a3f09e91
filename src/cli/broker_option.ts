/**
 * The two options by which a command is told where the broker is: `--config` and `--url`. Every command that opens a
 * broker reads them here, so that they mean the same everywhere.
 *
 * @module
 */

import { brokerUrl, type Config } from "../config/config.ts";
import { ConfigurationError } from "../config/configuration_error.ts";
import { loadConfig } from "../config/load.ts";
import { NO_SUCH_FILE } from "../config/read_file.ts";
import type { Broker } from "../ports/broker.ts";
import { UsageError } from "./command.ts";

/** The options, for a command's option table. */
export const BROKER_OPTIONS = {
  config: { type: "string" },
  url: { type: "string" },
} as const;

/**
 * Their lines in a command's `--help`, and the line of `--help` itself.
 *
 * @param column Where the texts of the command's options begin, in characters.
 */
export function lastOptionsHelp(column = 17): string {
  return [
    ["--config FILE", "Where the broker is. Default: config.yaml"],
    ["--url URL", "The broker itself: redis://…, rediss://… or sqlite:FILE"],
    ["-h, --help", "Show this"],
  ].map(([option = "", text]) => `${`  ${option}`.padEnd(column)}${text}`).join("\n");
}

/** What was given of them. */
export interface BrokerValues {
  /** A configuration file. */
  readonly config?: string | undefined;
  /** The broker's URL. */
  readonly url?: string | undefined;
}

/**
 * Finds the broker's URL. It may hold a password: never show it.
 *
 * @param values What was given.
 * @throws {UsageError} When both are given, or the URL is of another kind.
 * @throws {ConfigurationError} When the configuration cannot be used.
 */
export async function urlOf(values: BrokerValues): Promise<string> {
  if (values.url === undefined) return brokerUrl(await configOf(values.config ?? "config.yaml"));
  if (values.config !== undefined) throw new UsageError("Cannot use both --config and --url");
  if (/^(rediss?|sqlite):./.test(values.url)) return values.url;
  // Not shown: it may hold a password.
  throw new UsageError("Cannot use --url: wanted redis://…, rediss://… or sqlite:FILE");
}

/** A configuration; whoever has none can do with a URL. */
async function configOf(path: string): Promise<Config> {
  try {
    return await loadConfig(path);
  } catch (error) {
    if (!(error instanceof ConfigurationError) || error.faults[0] !== NO_SUCH_FILE) throw error;
    throw new ConfigurationError(path, [`${NO_SUCH_FILE}, or the broker itself with --url URL`]);
  }
}

/**
 * Opens the broker that the options name. The caller closes it.
 *
 * @param values What was given.
 * @param options `createFile`: whether a missing SQLite file is made. Default `false`: whoever only looks, and has
 * mistyped the path, is told so and leaves nothing behind.
 * @throws What {@linkcode urlOf} throws.
 * @throws {BrokerUnavailableError} When it cannot be reached.
 * @throws {FileMissingError} When the SQLite file does not exist and is not to be made.
 */
export async function openBrokerOf(
  values: BrokerValues,
  options: { readonly createFile?: boolean } = {},
): Promise<Broker> {
  const { createFile = false } = options;
  const url = await urlOf(values);
  // Loaded only now, so that a help text or a usage fault costs no driver.
  const { connect } = await import("../runtime.ts");
  return await connect(url, { createFile });
}
