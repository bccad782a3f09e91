/**
 * Makes a client from an OpenAPI document with a published generator, and runs a program on it, type-checked, in a process
 * of its own. The generator is none of the project's packages: it lives in a folder that is made anew each time from
 * `client.json` and `client.lock`.
 *
 * @module
 */

/** The client is typed, checks what it sends, and refuses answers that are not what the document promises. */
const GENERATE = `import "typescript";
import { createClient } from "@hey-api/openapi-ts";

await createClient({
  input: "./openapi.json",
  output: { path: "./client", importFileExtension: ".ts" },
  plugins: [
    "@hey-api/client-fetch",
    "@hey-api/typescript",
    "zod",
    { name: "@hey-api/sdk", validator: true },
  ],
  logs: { level: "silent" },
});
`;

/** Asking whether this is WSL would need all permissions; the answer "no such file" does as well. */
const WSL = "/proc/sys/fs/binfmt_misc/WSLInterop";

/**
 * Generates a client and runs a program that imports it from `./client/sdk.gen.ts`.
 *
 * @param document The OpenAPI document.
 * @param options `program`: its source. `url`: of the server, given to it as its argument.
 * @returns What it printed last, as JSON.
 * @throws {Error} When the client cannot be made, the types do not fit, or the program fails; with what was said.
 */
export async function runWithGeneratedClient(
  document: unknown,
  { program, url }: { readonly program: string; readonly url: string },
): Promise<unknown> {
  const dir = await Deno.makeTempDir({ prefix: "openapi-client-" });
  try {
    await Deno.copyFile(new URL("./client.json", import.meta.url), `${dir}/deno.json`);
    await Deno.copyFile(new URL("./client.lock", import.meta.url), `${dir}/deno.lock`);
    await Deno.writeTextFile(`${dir}/openapi.json`, JSON.stringify(document));
    await Deno.writeTextFile(`${dir}/generate.ts`, GENERATE);
    await Deno.writeTextFile(`${dir}/program.ts`, program);
    const reads = ["--ignore-env", "--allow-read", `--ignore-read=${WSL}`, "--allow-sys=osRelease"];
    const run = ["run", "--quiet", "--no-prompt", "--frozen"];
    await output([...run, ...reads, `--allow-write=${dir}/client`, "generate.ts"], dir);
    const { host } = new URL(url);
    const printed = await output(
      [...run, "--check", `--allow-net=${host}`, "program.ts", url],
      dir,
    );
    return JSON.parse(printed.trim().split("\n").at(-1) ?? "");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function output(args: readonly string[], dir: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: dir,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [printed = "", said = ""] = [stdout, stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  if (success) return printed;
  throw new Error(`"deno ${args.at(-1)}" failed and said\n${said}`);
}
