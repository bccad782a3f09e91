/**
 * Tests that a program loads only the broker that it asks for.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import {
  FileMissingError,
  InvalidOptionError,
  PermissionMissingError,
} from "../../src/domain/errors.ts";
import { connect } from "../../src/service/connect.ts";

/** What `deno info --json` tells of a module, as far as it is needed. */
interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier?: string };
  }[];
}

/** Everything that is loaded with a module, without what it imports later. */
async function loadedWith(path: string): Promise<string[]> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", path],
    cwd: new URL("../../", import.meta.url),
    stderr: "null",
  }).output();
  const graph: { roots: string[]; modules: Module[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  const loaded = new Set(graph.roots);
  for (const specifier of loaded) {
    const module = graph.modules.find((each) => each.specifier === specifier);
    for (const { isDynamic, code } of module?.dependencies ?? []) {
      if (isDynamic !== true && code?.specifier !== undefined) loaded.add(code.specifier);
    }
  }
  return [...loaded];
}

Deno.test("mod.ts loads no broker, no command line and no package but xstate", async () => {
  const loaded = await loadedWith("mod.ts");
  const packages = loaded.filter((specifier) => !specifier.startsWith("file:"));
  assertEquals(packages.map((name) => name.replace(/@[\d.]+$/, "")).toSorted(), [
    "node:crypto",
    "npm:xstate",
  ]);
  const folders = loaded.map((specifier) => /\/src\/(\w+)/.exec(specifier)?.[1] ?? "");
  assertEquals([...new Set(folders)].toSorted(), [
    "", // mod.ts
    "backpressure",
    "consumer",
    "domain",
    "http", // the class of one error, see below
    "orchestrator",
    "ports",
    "producer",
    "runs",
    "service",
    "telemetry", // what the orchestrator announces
    "workers",
  ]);
  const http = loaded.flatMap((specifier) => /\/src\/(http\/.*)/.exec(specifier)?.[1] ?? []);
  assertEquals(http, ["http/listen_errors.ts"]);
});

Deno.test("connect finds the broker by the scheme, and shows no URL that it refuses", async () => {
  await using broker = await connect("sqlite::memory:");
  assertEquals(broker.kind, "sqlite");
  for (const url of ["http://me:canary@host", "canary", ""]) {
    const error = await assertRejects(() => connect(url), InvalidOptionError);
    assertEquals(error.message.includes("canary"), false);
  }
});

Deno.test({
  name: "connect says which permission of Deno is missing",
  permissions: { net: false, env: "inherit", read: "inherit" },
  async fn() {
    for (const host of ["127.0.0.1", "[::1]"]) {
      const error = await assertRejects(
        () => connect(`redis://user:secret@${host}:6399`),
        PermissionMissingError,
      );
      assertEquals(
        error.message,
        `Cannot connect to redis://${host}:6399/0: this program may not reach it, ` +
          `run it with --allow-net=${host}:6399`,
      );
    }
  },
});

Deno.test({
  name: "connect says which permissions of Deno a file needs, and names the file",
  permissions: { read: ["./some.db"], write: false },
  async fn() {
    const flagged: [string, string][] = [
      ["no/t.db", "--allow-read=no/t.db --allow-write=no/t.db"],
      ["my t.db", "'--allow-read=my t.db' '--allow-write=my t.db'"],
      ["it's.db", `'--allow-read=it'\\''s.db' '--allow-write=it'\\''s.db'`],
    ];
    for (const [path, flags] of flagged) {
      // What is only looked at is looked for first, which needs a permission too.
      for (const createFile of [true, false]) {
        const error = await assertRejects(
          () => connect(`sqlite:${path}`, { createFile }),
          PermissionMissingError,
        );
        assertEquals([error.flags, error.message], [
          flags,
          `Cannot open the SQLite file "${path}": this program may not read and write it, ` +
          `run it with ${flags}`,
        ]);
      }
    }
    await assertRejects(() => connect("sqlite:some.db"), PermissionMissingError, "some.db");
  },
});

Deno.test("connect makes a missing file only where it is told to", async () => {
  const folder = await Deno.makeTempDir({ dir: "/tmp" });
  try {
    const path = `${folder}/t.db`;
    for (const missing of [path, `${folder}/none/t.db`]) {
      const error = await assertRejects(
        () => connect(`sqlite:${missing}`, { createFile: false }),
        FileMissingError,
      );
      assertEquals(
        error.message,
        `Cannot open the SQLite file "${missing}": there is no such file, check its path, ` +
          "or let a service or a producer make it",
      );
    }
    assertEquals([...Deno.readDirSync(folder)], []);
    await (await connect(`sqlite:${path}`))[Symbol.asyncDispose]();
    await using broker = await connect(`sqlite:${path}`, { createFile: false });
    assertEquals(await broker.listStreams(), []);
    await assertRejects(
      () => connect(`sqlite:${path}/t.db`, { createFile: false }),
      FileMissingError,
    );
    await using inMemory = await connect("sqlite::memory:", { createFile: false });
    assertEquals(inMemory.kind, "sqlite");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
