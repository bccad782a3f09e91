/**
 * Makes the page: one HTML text with script and style in it, and a Content-Security-Policy that allows these two and
 * nothing else. It is kept as a module, because what comes from a registry has no files beside its modules.
 *
 *   deno task page
 *
 * @module
 */

import { createHash } from "node:crypto";
import { chartStyle } from "../chart/svg_style.ts";

const folder = new URL("./", import.meta.url);

/** Where the page is kept. */
export const PAGE_MODULE: URL = new URL("../page.gen.ts", import.meta.url);

/**
 * The module with the page, made from its sources.
 *
 * @throws {Error} When the sources cannot be bundled, with what was said.
 */
export async function pageModule(): Promise<string> {
  const script = inHtml(await bundled());
  const css = await Deno.readTextFile(new URL("page.css", folder));
  const style = `${chartStyle()}\n${css}`.replace(/\/\*[^]*?\*\//g, "").replace(/\s*\n\s*/g, "\n")
    .trim();
  const html = [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    '<title>Tidemark inspector</title><link rel="icon" href="data:,">',
    `<style>${style}</style>`,
    "<body><noscript>The inspector needs JavaScript.</noscript>",
    `<script>${script}</script></body></html>`,
  ].join("\n");
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "connect-src 'self'",
    // An empty icon, so that no browser looks for one.
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
  return [
    "// deno-fmt-ignore-file",
    "/**",
    " * The inspector's page, made from `src/inspector/page` by `deno task page`. Do not edit it.",
    " *",
    " * @module",
    " */",
    "",
    "/** The page. */",
    `export const PAGE_HTML: string = ${JSON.stringify(html)};`,
    "",
    "/** What the page may do: run and look as it is written here, and talk to its own service. */",
    `export const PAGE_POLICY: string = ${JSON.stringify(policy)};`,
    "",
  ].join("\n");
}

async function bundled(): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform=browser", "--format=iife", "--minify", "main.ts"],
    cwd: folder,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  if (code !== 0) throw new Error(`Cannot bundle the page: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).trim();
}

/** What would end the script early, or begin a comment, is written otherwise; in a program it means the same. */
function inHtml(script: string): string {
  return script.replace(/<\/(script)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");
}

function hashOf(source: string): string {
  return `sha256-${createHash("sha256").update(source).digest("base64")}`;
}
