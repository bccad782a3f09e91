/**
 * What figures depend on besides the program.
 *
 * @module
 */

import config from "../../deno.json" with { type: "json" };

/** Facts of a machine, such as to compare figures with those of another day. */
export interface Machine {
  readonly cores: number;
  /** What the processor calls itself; `null` where it cannot be asked. */
  readonly processor: string | null;
  readonly deno: string;
  /** `null` where there is none. */
  readonly redis: string | null;
  readonly ioredis: string;
  readonly xstate: string;
}

/** Looks. */
export async function lookAtMachine(): Promise<Machine> {
  const server = await told("redis-server", "--version");
  // Deno itself reads nothing in that folder unless it may do everything.
  const processor = await told("cat", "/proc/cpuinfo");
  return {
    cores: navigator.hardwareConcurrency,
    processor: processor.match(/^model name\s*: (.+)$/m)?.[1] ?? null,
    deno: Deno.version.deno,
    redis: server.match(/v=([\d.]+)/)?.[1] ?? null,
    ioredis: versionOf(config.imports.ioredis),
    xstate: versionOf(config.imports.xstate),
  };
}

/** What a command prints; nothing where it is missing or fails. */
async function told(command: string, argument: string): Promise<string> {
  try {
    const run = new Deno.Command(command, { args: [argument], stderr: "null" });
    return new TextDecoder().decode((await run.output()).stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

function versionOf(specifier: string): string {
  return specifier.slice(specifier.lastIndexOf("@") + 1);
}
