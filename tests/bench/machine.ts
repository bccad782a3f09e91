/**
 * What figures depend on besides the program.
 *
 * @module
 */

/** Facts of a machine, such as to compare figures with those of another day. */
export interface Machine {
  readonly cores: number;
  readonly deno: string;
  /** `null` where there is none. */
  readonly redis: string | null;
}

/** Looks. */
export async function lookAtMachine(): Promise<Machine> {
  return {
    cores: navigator.hardwareConcurrency,
    deno: Deno.version.deno,
    redis: await redisVersion(),
  };
}

async function redisVersion(): Promise<string | null> {
  try {
    const command = new Deno.Command("redis-server", { args: ["--version"], stderr: "null" });
    const text = new TextDecoder().decode((await command.output()).stdout);
    return text.match(/v=([\d.]+)/)?.[1] ?? null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
