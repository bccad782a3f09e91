/** Handlers and codecs from modules: what fits is taken, what does not is named. */

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { InvalidOptionError } from "../../src/domain/errors.ts";
import {
  HandlerModuleError,
  isHandlerModule,
  loadCodec,
  loadHandler,
  moduleSpecifier,
} from "../../src/workers/handler_module.ts";

const moduleOf = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

Deno.test("loadHandler and loadCodec take a fitting default export", async () => {
  assertEquals(typeof await loadHandler(moduleOf("export default () => {}")), "function");
  assert("handle" in await loadHandler(moduleOf("export default { handle() {} }")));
  assertEquals(typeof await loadCodec(moduleOf("export default () => {}")), "function");
});

Deno.test("loadHandler and loadCodec name the module that cannot be used, and why", async () => {
  const wanted = "it has no fitting default export, wanted a function";
  for (const code of ["", "export default 5", "export default { handle: 1 }"]) {
    const module = moduleOf(code);
    const error = await assertRejects(() => loadHandler(module), HandlerModuleError);
    assertEquals(
      [error.role, error.module, error.reason],
      ["handler", module, `${wanted} or defineHandler({…})`],
    );
    assertEquals((await assertRejects(() => loadCodec(module), HandlerModuleError)).reason, wanted);
  }
  const throwing = moduleOf("throw new Error('\\u001b[36mtoken=hidden\\n' + 'x'.repeat(9999))");
  const error = await assertRejects(() => loadHandler(throwing), HandlerModuleError);
  assert(error.cause instanceof Error);
  assert(error.reason.startsWith("it cannot be imported: token=***\\nxxx"), error.reason);
  assert(error.reason.length < 600);
  const missing = import.meta.resolve("./missing.ts");
  const { message } = await assertRejects(() => loadCodec(missing), HandlerModuleError);
  assert(message.startsWith(`Cannot use codec "${missing}": it cannot be imported: `), message);
});

Deno.test("isHandlerModule tells a module from a handler", () => {
  const url = new URL("file:///handler.ts");
  const given = [url, { module: url }, () => {}, { handle() {} }, null, undefined, "handler.ts"];
  const answers = [true, true, false, false, false, false, false];
  assertEquals(given.map((each) => isHandlerModule(each)), answers);
});

Deno.test("moduleSpecifier takes a URL or a name, and refuses a path", () => {
  assertEquals(moduleSpecifier("handler", new URL("file:///a.ts")), "file:///a.ts");
  for (const name of ["npm:orders", "@me/orders", "file:///a.ts", "https://example.org/a.ts"]) {
    assertEquals(moduleSpecifier("handler", name), name);
  }
  for (const path of ["./a.ts", "../a.ts", "/a.ts", "", undefined, 5]) {
    const { message } = assertThrows(() => moduleSpecifier("codec", path), InvalidOptionError);
    assert(message.endsWith('wanted a URL, such as new URL("./codec.ts", import.meta.url)'));
  }
});
