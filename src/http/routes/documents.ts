/**
 * The OpenAPI document of all routes, and the page to try them.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { RouteGroup } from "../app.ts";
import { DOCS_HTML, DOCS_POLICY } from "../docs_page.ts";
import { problemResponses } from "../problem_schema.ts";

/** What the document says of the service. */
export interface DocumentInfo {
  /** Its name. */
  readonly title: string;
  /** Its version. */
  readonly version: string;
}

const openapi = createRoute({
  method: "get",
  operationId: "openapi",
  path: "/openapi.json",
  tags: ["documents"],
  summary: "Tells all routes as OpenAPI 3.1",
  responses: {
    200: {
      description: "The document",
      content: { "application/json": { schema: z.looseObject({ openapi: z.string() }) } },
    },
    ...problemResponses(),
  },
});

const docs = createRoute({
  method: "get",
  operationId: "docs",
  path: "/docs",
  tags: ["documents"],
  summary: "Shows a page to try the routes",
  security: [],
  responses: {
    200: { description: "The page", content: { "text/html": { schema: z.string() } } },
  },
});

/**
 * `GET /openapi.json` and `GET /docs`.
 *
 * @param info What the document says of the service.
 */
export function documentRoutes(info: DocumentInfo): RouteGroup {
  return (app) => {
    // Not by app.openapi: what a document may hold is more than a schema for answers can say.
    app.openAPIRegistry.registerPath(openapi);
    app.get(openapi.path, () =>
      Response.json(app.getOpenAPI31Document({
        openapi: "3.1.0",
        info: { ...info },
        // Where no token was set none is needed: the empty one.
        security: [{}, { token: [] }],
      })));
    app.openapi(docs, (context) => {
      context.header("Content-Security-Policy", DOCS_POLICY);
      return context.html(DOCS_HTML, 200);
    });
  };
}
