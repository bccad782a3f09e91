/**
 * Serves the files of the page. They are read once, and what they may do is said by their Content-Security-Policy: run
 * the scripts of this folder and talk to this service, nothing else.
 *
 * @module
 */

import type { RouteGroup } from "@tidemark/tidemark";

/** The files by their paths. */
const FILES: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  "/": { file: "page.html", type: "text/html" },
  "/page.css": { file: "page.css", type: "text/css" },
  "/page.js": { file: "page.js", type: "text/javascript" },
  "/followed_run.js": { file: "followed_run.js", type: "text/javascript" },
  "/event_list.js": { file: "event_list.js", type: "text/javascript" },
  "/picture.js": { file: "picture.js", type: "text/javascript" },
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** Reads the files. @returns `GET /` and the files that the page asks for. */
export async function pageRoutes(): Promise<RouteGroup> {
  const pages = await Promise.all(
    Object.entries(FILES).map(async ([path, { file, type }]) => ({
      path,
      type,
      text: await Deno.readTextFile(new URL(file, import.meta.url)),
    })),
  );
  return (app) => {
    for (const { path, type, text } of pages) {
      app.get(path, () =>
        new Response(text, {
          headers: {
            "Content-Type": `${type}; charset=utf-8`,
            "Content-Security-Policy": POLICY,
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
          },
        }));
    }
  };
}
