/**
 * Tests of how the kinds of runs of a configuration are loaded.
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import type { RunKindConfig } from "../../src/config/config.ts";
import { ConfigurationError } from "../../src/config/configuration_error.ts";
import { loadRunKinds } from "../../src/service/run_modules.ts";

function moduleOf(code: string): { readonly module: string } {
  return { module: `data:text/javascript,${encodeURIComponent(code)}` };
}

async function faultsOf(...kinds: readonly RunKindConfig[]): Promise<readonly string[]> {
  return (await assertRejects(() => loadRunKinds({ kinds }), ConfigurationError)).faults;
}

Deno.test("loadRunKinds gives the kinds in the order of the file", async () => {
  const report = moduleOf(`export default { kind: "report", start() {} }`);
  const outside = moduleOf(`export default { kind: "outside", external: true }`);
  const kinds = await loadRunKinds({ kinds: [report, { external: "build" }, outside] });
  assertEquals(kinds.map((kind) => [kind.kind, "external" in kind]), [
    ["report", false],
    ["build", true],
    ["outside", true],
  ]);
  assertEquals(await loadRunKinds({ kinds: [] }), []);
});

Deno.test("loadRunKinds tells of every module that is none", async () => {
  const wrong = [
    "",
    "export const kind = 1",
    "export default () => {}",
    "export default null",
    "export default {}",
    `export default { kind: "a b", start() {} }`,
    `export default { kind: "a", start: 5 }`,
    `export default { kind: "a", external: 1 }`,
    `export default { kind: "a", external: true, start() {} }`,
  ].map(moduleOf);
  assertEquals(
    await faultsOf(...wrong),
    wrong.map(({ module }) =>
      `run kind ${module}: it has no fitting default export, wanted defineRun({ kind, start })`
    ),
  );
});

Deno.test("loadRunKinds tells why a module cannot be imported, and who defines a kind twice", async () => {
  const failing = moduleOf(`throw new Error("no redis://me:canary@host here\\nor there")`);
  const report = moduleOf(`export default { kind: "report", start() {} }`);
  const faults = await faultsOf(failing, report, { external: "report" });
  assertEquals(faults, [
    `run kind ${failing.module}: it cannot be imported: no redis://***@host here\\nor there`,
    `run kind "report": ${report.module} and external both define it`,
  ]);
});
