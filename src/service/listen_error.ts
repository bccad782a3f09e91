/**
 * Why a server could not listen, in words that say what to do.
 *
 * @module
 */

import { InvalidOptionError, PermissionMissingError } from "../domain/errors.ts";

/**
 * Translates what the system says.
 *
 * @param error What was thrown.
 * @param place Where it was to listen.
 * @returns The same error where it says enough by itself.
 */
export function listenError(
  error: unknown,
  { hostname = "127.0.0.1", port = 0 }: {
    readonly hostname?: string;
    readonly port?: number;
  },
): unknown {
  const name = hostname.includes(":") && !hostname.startsWith("[") ? `[${hostname}]` : hostname;
  if (error instanceof Deno.errors.NotCapable) {
    const flags = `--allow-net=${name}:${port}`;
    const lack = { mayNot: "listen there", flags };
    return new PermissionMissingError(`serve HTTP at ${name}:${port}`, lack, { cause: error });
  }
  if (error instanceof Deno.errors.PermissionDenied) {
    return new InvalidOptionError("port", port, "one that this user may listen at, such as 7070");
  }
  const isNowhere = error instanceof Deno.errors.AddrNotAvailable ||
    (error instanceof Error && error.message.includes("failed to lookup address"));
  return isNowhere
    ? new InvalidOptionError("hostname", hostname, "an address of this machine")
    : error;
}
