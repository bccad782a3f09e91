/**
 * What this process is called where processes announce themselves on the broker.
 *
 * @module
 */

import type { Random } from "../ports/random.ts";

/** So much of a host's name is enough to know it again. */
const HOST_LENGTH_MAX = 64;

/** The machine's name, `null` where the program may not ask for it: it is never asked for, and never a reason to fail. */
export function hostName(): string | null {
  try {
    const query = Deno.permissions.querySync({ name: "sys", kind: "hostname" });
    return query.state === "granted" ? Deno.hostname().slice(0, HOST_LENGTH_MAX) : null;
  } catch {
    return null;
  }
}

/** A name that no other process has. */
export function instanceName(random: Random): string {
  return `${hostName() ?? "process"}-${Deno.pid}-${random.uniqueText().slice(0, 8)}`;
}
