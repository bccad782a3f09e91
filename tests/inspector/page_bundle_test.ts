/**
 * The page that is kept is the one that its sources give, and it is small.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { PAGE_HTML, PAGE_POLICY } from "../../src/inspector/page.gen.ts";
import { PAGE_MODULE, pageModule } from "../../src/inspector/page/build.ts";

Deno.test("page.gen.ts is what deno task page makes of the sources", async () => {
  const isSame = await Deno.readTextFile(PAGE_MODULE) === await pageModule();
  assert(isSame, "the page is not the one of its sources: run deno task page");
});

Deno.test("PAGE_HTML is small, and loads nothing from anywhere", () => {
  const bytes = new TextEncoder().encode(PAGE_HTML).byteLength;
  assert(bytes < 250_000, `${bytes} bytes`);
  assertEquals(PAGE_HTML.match(/<(script|link|img|iframe)\b[^>]*(src|href)=(?!"data:,")/g), null);
  assertEquals(PAGE_HTML.match(/<\/script>/g)?.length, 1);
});

Deno.test("PAGE_POLICY allows the page's own script and style, and its own service", () => {
  assertMatch(PAGE_POLICY, /script-src 'sha256-[\w+/=]{44}'; style-src 'sha256-[\w+/=]{44}'/);
  assertMatch(PAGE_POLICY, /^default-src 'none';.* connect-src 'self';/);
  assertEquals(/unsafe|\*/.test(PAGE_POLICY), false);
});
