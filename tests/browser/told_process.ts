/**
 * A process as the page sees it, told by hand: the page, and a stream of frames.
 *
 * @module
 */

import type { RouteGroup } from "../../src/http/app.ts";
import type { SseStream } from "../../src/http/sse.ts";
import { PAGE_HTML, PAGE_POLICY } from "../../src/inspector/page.gen.ts";

/**
 * The routes of a process.
 *
 * @param tell Tells it to one who follows; `after`: the last frame that he has heard, `undefined` for one who begins.
 */
export function toldProcess(
  tell: (stream: SseStream, after: string | undefined) => Promise<void>,
): RouteGroup {
  return (app) => {
    app.get("/inspector", (context) => {
      context.header("Content-Security-Policy", PAGE_POLICY);
      return context.html(PAGE_HTML);
    });
    app.get("/inspector/frames", ({ req, env }) =>
      env.streams.open({
        request: req.raw,
        address: env.address,
        source: (stream) => tell(stream, req.query("last_event_id")),
      }));
  };
}
