/**
 * Reading a configuration file whose size nobody knows: a device or a wrong file must not fill the memory (S20).
 *
 * @module
 */

import { ConfigurationError } from "./configuration_error.ts";
import { FILE_BYTES_MAX } from "./yaml.ts";

/** The fault of a file that is not there. Every command that reads one takes `--config`. */
export const NO_SUCH_FILE = "there is no such file, name the right one with --config FILE";

/**
 * Reads a text file of at most 256 KiB.
 *
 * @throws {ConfigurationError} When it is missing, not readable, too large, a directory or not UTF-8.
 */
export async function readConfigFile(path: string): Promise<string> {
  const bytes = await readBytes(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigurationError(path, ["it is not UTF-8"]);
  }
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readAtMost(path);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    throw new ConfigurationError(path, [reasonOf(error)]);
  }
}

async function readAtMost(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const buffer = new Uint8Array(FILE_BYTES_MAX + 1);
  let length = 0;
  while (length < buffer.length) {
    const read = await file.read(buffer.subarray(length));
    if (read === null) return buffer.subarray(0, length);
    length += read;
  }
  throw new ConfigurationError(path, [`it is larger than ${FILE_BYTES_MAX} bytes`]);
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
    return NO_SUCH_FILE;
  }
  if (error instanceof Deno.errors.IsADirectory) return "it is a directory, wanted a file";
  if (error instanceof Deno.errors.NotCapable) {
    return "this program may not read it, allow it with --allow-read";
  }
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not read it";
  return "it cannot be read";
}
