/**
 * `GET /inspector`: the page. It is open to everybody who may reach the service, because a browser cannot send a token for
 * a page; it knows nothing before its user has entered the token there.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../../http/app.ts";

/** A page, and what it may do. */
export interface InspectorPage {
  /** The page, with everything that it needs. */
  readonly html: string;
  /** Its Content-Security-Policy. */
  readonly policy: string;
}

const route = createRoute({
  method: "get",
  operationId: "inspector",
  path: "/inspector",
  tags: ["inspector"],
  summary: "Shows the inspector",
  security: [],
  responses: {
    200: { description: "The page", content: { "text/html": { schema: z.string() } } },
  },
});

/**
 * `GET /inspector`.
 *
 * @param loadPage Loads the page when it is asked for the first time: it is larger than all the rest.
 */
export function pageRoute(loadPage: () => Promise<InspectorPage>): RouteGroup {
  return (app) => {
    app.openapi(route, async (context) => {
      const { html, policy } = await loadPage();
      context.header("Content-Security-Policy", policy);
      return context.html(html, 200);
    });
  };
}
