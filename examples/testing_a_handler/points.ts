/**
 * Points for orders, twice: a handler that forgets, and one that does not.
 *
 * @module
 */

import type { HandlerFunction } from "@tidemark/tidemark";

/** What is told of an order. */
export interface Order {
  readonly total: number;
}

/**
 * Breaks the promise: it counts in memory. When its process dies the count is gone, when an event comes again it is
 * counted twice, and two processes count apart.
 */
export function makeForgetful(): HandlerFunction<Order> {
  const points = new Map<string, number>();
  return ({ data, key = "nobody" }, ctx) => {
    const sum = (points.get(key) ?? 0) + data.total;
    points.set(key, sum);
    ctx.publish("points", { type: "points.counted", key, data: { sum } });
  };
}

/** Keeps it: what it publishes depends on the event alone. Whoever wants the sum adds up. */
export function makeSteady(): HandlerFunction<Order> {
  return ({ data, key = "nobody" }, ctx) =>
    ctx.publish("points", { type: "points.earned", key, data: { points: data.total } });
}

/** Breaks the promise: the mail goes out before anything is committed, and again when the event comes again. */
export function makeHasty(sendMail: (key: string, text: string) => void): HandlerFunction<Order> {
  let sent = 0;
  return ({ data }) => sendMail(`mail ${Date.now()} ${++sent}`, `Thank you for ${data.total}`);
}

/** Keeps it: the mail service knows a mail again by its key. */
export function makePatient(sendMail: (key: string, text: string) => void): HandlerFunction<Order> {
  return ({ data }, ctx) => sendMail(ctx.idempotencyKey, `Thank you for ${data.total}`);
}
