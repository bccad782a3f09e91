/** The start of threads: what cannot run is known before anything is read, and a thread may no more than its program. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ClosedError } from "../../src/domain/errors.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { systemRandom } from "../../src/ports/random.ts";
import { silentLog } from "../../src/ports/log.ts";
import { HandlerModuleError } from "../../src/workers/handler_module.ts";
import { ThreadStartError } from "../../src/workers/threads/thread_errors.ts";
import {
  threadWorkers,
  type ThreadWorkersOptions,
} from "../../src/workers/threads/thread_workers.ts";
import { place } from "../support/pool_rig.ts";
import { hastyClock, OBEDIENT, order } from "../support/thread_rig.ts";

function start(handler: string, differs: Partial<ThreadWorkersOptions> = {}) {
  return threadWorkers({
    modules: { handler, codec: "event" },
    place,
    timeoutMs: 0,
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    ...differs,
  });
}

const listener = { onFree() {}, onBroken() {} };

Deno.test("threadWorkers gives the thread that it started to the first worker", async () => {
  await using threads = await start(OBEDIENT);
  await using worker = threads.make(listener);
  assertEquals(worker.isFree, true);
  assertEquals((await worker.run(order("nothing"), 0)).kind, "handled");
  await using second = threads.make(listener);
  assertEquals(second.isFree, false);
});

Deno.test("threadWorkers ends the thread that nobody took", async () => {
  await using threads = await start(OBEDIENT);
  assert(threads);
});

Deno.test("threadWorkers refuses modules that cannot be used, and names them", async () => {
  const missing = import.meta.resolve("./missing.ts");
  const noHandler = "data:text/javascript,export default 5";
  for (
    const [module, reason] of [[missing, "it cannot be imported: "], [noHandler, "it has no "]]
  ) {
    assert(module !== undefined && reason !== undefined);
    const error = await assertRejects(() => start(module), HandlerModuleError);
    assert(error.message.startsWith(`Cannot use handler ${JSON.stringify(module)}: ${reason}`));
    const modules = { handler: OBEDIENT, codec: { module } };
    const other = await assertRejects(() => start("", { modules }), HandlerModuleError);
    assertEquals([other.role, other.module], ["codec", module]);
  }
});

Deno.test("threadWorkers refuses a module that ends its thread, or is never loaded", async () => {
  const ending = "data:text/javascript,Deno.exit(3); await new Promise(() => {})";
  await assertRejects(() => start(ending), ThreadStartError, "with exit code 3");
  const waiting = "data:text/javascript,await new Promise(() => {}); export default () => {}";
  const clock = hastyClock(1_000);
  await assertRejects(
    () => start(waiting, { clock }),
    ThreadStartError,
    "its modules were not loaded after 30000 ms",
  );
  const closed = new ClosedError("a consumer that was stopped");
  const stopping = new AbortController();
  const starting = start(waiting, { signal: stopping.signal });
  stopping.abort(closed);
  await assertRejects(() => starting, ClosedError);
  await assertRejects(() => start(waiting, { signal: stopping.signal }), ClosedError);
});

/** Runs `thread_process.ts` as a program of its own, with narrow permissions. */
async function runProcess(task: string, ...flags: readonly string[]) {
  const script = new URL("../support/thread_process.ts", import.meta.url);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--no-prompt", ...flags, script.href, task],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

const ROOT = new URL("../..", import.meta.url).pathname;

Deno.test("a thread may do what its program may, and no more", async () => {
  const narrow = await runProcess("permissions", `--allow-read=${ROOT}`);
  assertEquals(narrow, {
    code: 0,
    stdout: "read here: yes, read elsewhere: NotCapable, write: NotCapable, net: NotCapable, " +
      "env: NotCapable, run: NotCapable\n",
    stderr: "",
  });
  const wider = await runProcess("permissions", `--allow-read=${ROOT}`, "--allow-env=HOME");
  assertEquals(wider.stdout, narrow.stdout.replace("env: NotCapable", "env: yes"));
});

Deno.test("a program that may not read the handler is told so", async () => {
  const { stdout } = await runProcess("permissions", "--ignore-env");
  assert(stdout.startsWith("ThreadStartError: Cannot start a thread: Requires read access to"));
});

Deno.test("a thread starts where the package is imported from the network, and the handler from a file", async () => {
  const folder = await Deno.makeTempDir({ prefix: "tidemark-" });
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, serveSource);
  const host = `127.0.0.1:${server.addr.port}`;
  try {
    await Deno.writeTextFile(`${folder}/handler.ts`, "export default () => {};");
    await Deno.writeTextFile(`${folder}/main.ts`, mainOn(`http://${host}`));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--no-prompt", "--no-config"]
        .concat(`--allow-import=${host}`, `--allow-read=${folder}`, `${folder}/main.ts`),
      env: { DENO_DIR: `${folder}/deno_dir` },
    }).output();
    assertEquals(
      [code, new TextDecoder().decode(stdout)],
      [0, "handled\n"],
      new TextDecoder().decode(stderr),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function serveSource(request: Request): Promise<Response> {
  const source = await Deno.readTextFile(
    new URL(`../..${new URL(request.url).pathname}`, import.meta.url),
  );
  return new Response(source, { headers: { "content-type": "application/typescript" } });
}

function mainOn(origin: string): string {
  return `
    import { systemClock as clock } from "${origin}/src/ports/clock.ts";
    import { systemRandom as random } from "${origin}/src/ports/random.ts";
    import { silentLog as log } from "${origin}/src/ports/log.ts";
    import { threadWorkers } from "${origin}/src/workers/threads/thread_workers.ts";
    const place = { stream: "orders", group: "billing", consumer: "main", incarnation: "first" };
    const modules = { handler: import.meta.resolve("./handler.ts"), codec: "event" };
    await using threads = await threadWorkers({ modules, place, timeoutMs: 0, clock, random, log });
    await using worker = threads.make({ onFree() {}, onBroken() {} });
    const fields = ["event_type", "a", "payload", "1"];
    const delivery = { id: "1-0", fields, deliveries: 1, failures: 0, dueAtMs: 0 };
    console.log((await worker.run(delivery, 0)).kind);
  `;
}

Deno.test("a process ends by itself, also while a thread that it had to leave behind is busy", async () => {
  assertEquals(await runProcess("leaveBehind", `--allow-read=${ROOT}`), {
    code: 0,
    stdout: "broken: its handler keeps it busy and cannot be cut off, " +
      "it goes on until this process ends\nfailed\n",
    stderr: "",
  });
});
