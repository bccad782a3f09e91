/**
 * From a description to SVG, by Vega-Lite in a process of its own that may do nothing else: its packages are found only with
 * the configuration `vega.jsonc`.
 *
 * @module
 */

const PROGRAM = new URL("picture_program.ts", import.meta.url);
const CONFIG = decodeURIComponent(new URL("vega.jsonc", import.meta.url).pathname);

/**
 * Draws.
 *
 * @param spec A description of Vega-Lite.
 * @returns The text of an SVG file.
 * @throws {Error} When it cannot be drawn; with what the library says.
 */
export async function picture(spec: unknown): Promise<string> {
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "--no-check", "--config", CONFIG, PROGRAM.href],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const input = new Response(JSON.stringify(spec)).body;
  if (input === null) throw new Error("Cannot draw: there is no description");
  const [, { success, stdout, stderr }] = await Promise.all([
    input.pipeTo(process.stdin).catch(() => {}), // one that has failed reads no more, and says why
    process.output(),
  ]);
  const decoder = new TextDecoder();
  if (!success) throw new Error(`Cannot draw: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout);
}
