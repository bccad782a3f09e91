/**
 * Tests that a program loads only the broker that it asks for.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { AccessDeniedError, InvalidOptionError } from "../../src/domain/errors.ts";
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
    "orchestrator",
    "ports",
    "producer",
    "service",
    "telemetry", // what the orchestrator announces
    "workers",
  ]);
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
        AccessDeniedError,
      );
      assertEquals(
        error.message,
        `Cannot connect to redis://${host}:6399/0: the broker refuses access ` +
          `(NotCapable: --allow-net=${host}:6399), check user, password and permissions`,
      );
    }
  },
});
