/**
 * The programs that the tests need besides Deno: found on the PATH, or installed by the system's package manager, so that
 * one command suffices on a fresh machine.
 *
 * @module
 */

/**
 * Debian's package starts the server and enables it. `policy-rc.d` answering 101 is the system's own
 * way to forbid the start (its policy layer for invoke-rc.d).
 */
const installRedis = `
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' > "$policy"
  chmod 755 "$policy"
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y redis-server
if [ -d /run/systemd/system ]; then systemctl disable redis-server; fi
`;

/** What it recommends is for people who sit before it. */
const installChromium = `
set -e
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium
`;

/** The names under which systems have it. */
const chromiumPrograms = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Whether redis-server can be started, after an attempt to install it. Says what it does, and why it cannot. */
export async function ensureRedis(): Promise<boolean> {
  const found = await ensure({
    name: "redis-server",
    programs: ["redis-server"],
    script: installRedis,
    during: "without starting a service",
    byHand: "install it (7.0 or newer)",
    byApt: "apt-get install redis-server",
  });
  return found !== null;
}

/**
 * Finds Chromium for the tests in a browser, after an attempt to install it. Says what it does, and why it cannot.
 *
 * @returns The program, `null` for none.
 */
export async function ensureChromium(): Promise<string | null> {
  return await ensure({
    name: "Chromium",
    programs: chromiumPrograms,
    script: installChromium,
    during: "for the tests in a browser; with all that it needs it is some hundred MB, " +
      "which takes a minute or more",
    byHand: `install it or Chrome, as one of ${chromiumPrograms.join(", ")}`,
    byApt: "apt-get install --no-install-recommends chromium",
  });
}

/** A thing to have. */
interface Wanted {
  /** What people call it. */
  readonly name: string;
  /** The programs that are it, the best first. */
  readonly programs: readonly string[];
  /** Installs it on Debian. */
  readonly script: string;
  /** What is said while that goes on. */
  readonly during: string;
  /** What to do where there is no apt-get. */
  readonly byHand: string;
  /** What to do where there is. */
  readonly byApt: string;
}

async function ensure(wanted: Wanted): Promise<string | null> {
  const { name, programs, script, during, byHand, byApt } = wanted;
  const found = await firstOf(programs);
  if (found !== null) return found;
  if (!(await succeeds("apt-get", ["--version"]))) {
    console.error(`Cannot run the tests: ${name} is not on the PATH, ${byHand}`);
    return null;
  }
  console.error(`${name} is not on the PATH: installing it, ${during}`);
  const shell = ["sh", "-c", script];
  const [program = "sh", ...args] = Deno.uid() === 0 ? shell : ["sudo", "-n", ...shell];
  const installed = await succeeds(program, args, "inherit") ? await firstOf(programs) : null;
  if (installed !== null) return installed;
  console.error(
    `Cannot run the tests: ${name} could not be installed, run "${byApt}" as root, or ${byHand}`,
  );
  return null;
}

async function firstOf(programs: readonly string[]): Promise<string | null> {
  for (const program of programs) {
    if (await succeeds(program, ["--version"])) return program;
  }
  return null;
}

async function succeeds(
  program: string,
  args: string[],
  stdio: "null" | "inherit" = "null",
): Promise<boolean> {
  try {
    const command = new Deno.Command(program, {
      args,
      stdin: "null",
      stdout: stdio,
      stderr: stdio,
    });
    return (await command.spawn().status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
