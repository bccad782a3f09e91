/**
 * For those who watch over the process: does it live, and may it be sent work?
 *
 * Both are answered without a token, because few who watch can carry one; the reasons, which name consumers, are told
 * only to those who may read.
 *
 * @module
 */

import { createRoute, z } from "@hono/zod-openapi";
import type { Clock } from "../../ports/clock.ts";
import type { RouteGroup } from "../app.ts";

/** Knows whether the service can do its work. */
export interface Readiness {
  /**
   * Looks: is the broker reachable, was no consumer given up? May take its time, and may reject: that is not ready.
   *
   * @returns Reasons are sentences for people, without secrets; none when it is ready.
   */
  ready(): Promise<ReadyState>;
}

/** Whether a service can do its work. */
export interface ReadyState {
  /** Whether it can. */
  readonly ready: boolean;
  /** Why not. */
  readonly reasons: readonly string[];
}

/** Those who watch mostly wait for a few seconds; a broker that takes longer is as good as away. */
const READY_MS_MAX = 2_000;

const health = createRoute({
  method: "get",
  operationId: "health",
  path: "/health",
  tags: ["service"],
  summary: "Tells that the process lives",
  security: [],
  responses: {
    200: {
      description: "It lives",
      content: {
        "application/json": { schema: z.object({ status: z.literal("ok") }).openapi("Health") },
      },
    },
  },
});

const readySchema = z.object({
  ready: z.boolean(),
  reasons: z.array(z.string()).openapi({ description: "Why it is not; empty without a token" }),
}).openapi("Ready");

const ready = createRoute({
  method: "get",
  operationId: "ready",
  path: "/ready",
  tags: ["service"],
  summary: "Tells whether the service can do its work",
  security: [],
  responses: {
    200: { description: "It can", content: { "application/json": { schema: readySchema } } },
    503: { description: "It cannot", content: { "application/json": { schema: readySchema } } },
  },
});

/**
 * `GET /health` and `GET /ready`.
 *
 * @param readiness Who knows; none means that a process that lives is ready.
 * @param options `clock`: for the bound of 2 s on the answer of `readiness`.
 */
export function healthRoutes(
  readiness: Readiness | undefined,
  { clock }: { readonly clock: Clock },
): RouteGroup {
  // However many ask at the same time, and anybody may, the broker is asked once.
  let asked: Promise<ReadyState> | null = null;
  const ask = () =>
    asked ??= look(readiness, clock).finally(() => {
      asked = null;
    });
  return (app) => {
    app.openapi(health, (context) => context.json({ status: "ok" as const }, 200));
    app.openapi(ready, async (context) => {
      const state = await ask();
      const reasons = context.env.access === "none" ? [] : [...state.reasons];
      return context.json({ ready: state.ready, reasons }, state.ready ? 200 : 503);
    });
  };
}

async function look(readiness: Readiness | undefined, clock: Clock): Promise<ReadyState> {
  if (readiness === undefined) return { ready: true, reasons: [] };
  const late = Promise.withResolvers<ReadyState>();
  const timer = clock.after(READY_MS_MAX, () => {
    late.resolve({ ready: false, reasons: [`The check took longer than ${READY_MS_MAX} ms`] });
  });
  try {
    return await Promise.race([readiness.ready(), late.promise]);
  } catch {
    // What it threw may hold the words of the broker.
    return { ready: false, reasons: ["The check failed"] };
  } finally {
    timer.cancel();
  }
}
