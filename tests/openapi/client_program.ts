/**
 * The program that the generated client is tried with, as text: it imports what is only generated in the test.
 *
 * @module
 */

/** Prints what it saw as one line of JSON. Takes the server's URL. */
export const CLIENT_PROGRAM = `
import { client } from "./client/client.gen.ts";
import * as api from "./client/sdk.gen.ts";

const [baseUrl = ""] = Deno.args;
client.setConfig({ baseUrl });
const throwOnError = true;
const seen: Record<string, unknown> = {};

seen.health = (await api.health({ throwOnError })).data.status;
seen.ready = (await api.ready({ throwOnError })).data;

// A run of this service, followed by the client's own event stream.
const started = await api.startRun({ body: { kind: "count", input: 3, id: "r1" }, throwOnError });
seen.started = [started.data.id, started.data.kind, started.response.headers.get("location")];
const followed: unknown[] = [];
const { stream } = await api.followRun({ path: { id: "r1" }, sseMaxRetryAttempts: 1 });
for await (const told of stream) {
  if (typeof told !== "object") continue; // the generator lets an answer 204 count as an event
  if ("type" in told && "data" in told) followed.push([told.type, told.data]);
  else if ("last_id" in told) followed.push(["end", told.status]);
}
seen.followed = followed;
const page = await api.readRunEvents({ path: { id: "r1" }, query: { limit: 2 }, throwOnError });
seen.page = [page.data.events.map(({ type }) => type), page.data.has_more, page.data.gap];
const next = await api.readRunEvents({
  path: { id: "r1" },
  query: { start_id: page.data.next_id ?? "" },
  throwOnError,
});
seen.next = [next.data.events.map(({ type }) => type), next.data.has_more, next.data.run.status];

// A run from outside.
await api.startRun({ body: { kind: "outside", id: "r2" }, throwOnError });
const events = [{ type: "built", data: { files: 2 } }, { type: "tested" }];
const add = () =>
  api.addRunEvents({
    path: { id: "r2" },
    headers: { "Idempotency-Key": "call-1" },
    body: { events },
    throwOnError,
  });
const first = await add();
seen.addedOnce = JSON.stringify(first.data.ids) === JSON.stringify((await add()).data.ids);
const ended = await api.endRun({ path: { id: "r2" }, body: { reason: "done" }, throwOnError });
seen.ended = [ended.data.status, ended.data.reason, ended.data.event_count];
const cancelled = await api.cancelRun({ path: { id: "r2" }, body: {}, throwOnError });
seen.cancelled = [cancelled.data.had_ended, cancelled.data.run.id];
const list = await api.listRuns({ query: { status: "completed", limit: 5 }, throwOnError });
seen.list = list.data.runs.map(({ id }) => id);
await api.deleteRun({ path: { id: "r2" }, throwOnError });

// Refusals are typed problems.
const missing = await api.showRun({ path: { id: "r2" } });
seen.missing = [missing.error?.status, missing.error?.code];
const unknown = await api.startRun({ body: { kind: "nothing" } });
seen.unknown = [unknown.error?.status, unknown.error?.code];

console.log(JSON.stringify(seen));
`;
