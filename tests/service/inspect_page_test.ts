/**
 * `inspect: true` of an orchestrator and of `runConsumer`, and a lone consumer in the inspector.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  type Broker,
  ClosedError,
  connect,
  InvalidOptionError,
  openInspector,
  Orchestrator,
  PortTakenError,
  runConsumer,
  serveHttp,
  StreamConsumer,
  StreamProducer,
} from "../../mod.ts";
import { FrameClient } from "../inspector/routes_rig.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/redis_server.ts";
import { StoryLog } from "../support/story_log.ts";

/** Where a page is, and the token that it is opened with. */
function placeOf(url: string): { readonly page: string; readonly token: string } {
  const [, page = "", token = ""] = /^(http:\/\/127\.0\.0\.1:\d+\/inspector)#token=(\S+)$/
    .exec(url) ?? [];
  assert(page !== "", url);
  return { page, token };
}

/** The status of an answer. */
async function statusOf(url: string, init: RequestInit = {}): Promise<number> {
  const answer = await fetch(url, init);
  await answer.body?.cancel();
  return answer.status;
}

function post(url: string, { token, body }: { readonly token: string; readonly body: unknown }) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  return statusOf(url, { method: "POST", headers, body: JSON.stringify(body) });
}

function consumersOf(
  broker: Broker,
  inspect: ConstructorParameters<typeof Orchestrator>[0]["inspect"],
) {
  const log = new StoryLog();
  const consumers = [{ stream: "jobs", group: "calm", handler: () => {} }];
  const how = inspect === undefined ? {} : { inspect };
  return { log, orchestrator: new Orchestrator({ broker, consumers, log, ...how }) };
}

Deno.test("Orchestrator with inspect serves a page to who has its token, says where, and closes it at its end", async () => {
  await using broker = await connect("sqlite::memory:");
  const { log, orchestrator } = consumersOf(broker, true);
  await using _orchestrator = orchestrator;
  assertEquals(orchestrator.inspectorUrl, null);
  await orchestrator.start();
  const { page, token } = placeOf(orchestrator.inspectorUrl ?? "");
  assertEquals(
    log.lines.filter(({ message }) => message === "the inspector is served")
      .map(({ fields }) => fields),
    [{ url: page }],
  );
  const headers = { authorization: `Bearer ${token}` };
  assertEquals(
    [
      await statusOf(page),
      await statusOf(`${page}/instances`),
      await statusOf(`${page}/instances`, { headers }),
      await post(`${page}/commands`, { token, body: { command: "pause" } }),
    ],
    [200, 401, 200, 403],
  );
  await using frames = await FrameClient.open(`${page}/frames`, headers);
  await orchestrator.stop();
  assertEquals(orchestrator.inspectorUrl, null);
  await frames.until("who looks on is let go", ({ hasEnded }) => hasEnded);
  assertEquals(frames.told.at(-1)?.event, "end");
  await assertRejects(() => fetch(page), TypeError);
});

Deno.test("Orchestrator with inspect and control takes commands from its page", async () => {
  await using broker = await connect("sqlite::memory:");
  const port = freePort();
  const { orchestrator } = consumersOf(broker, { port, control: true });
  await using _orchestrator = orchestrator;
  await orchestrator.start();
  const { page, token } = placeOf(orchestrator.inspectorUrl ?? "");
  assertEquals(page, `http://127.0.0.1:${port}/inspector`);
  assertEquals(await post(`${page}/commands`, { token, body: { command: "pause" } }), 202);
  await eventually("it is paused", () => orchestrator.facts()[0]?.state === "paused");
});

Deno.test("Orchestrator whose page cannot be served starts nothing", async () => {
  await using broker = await connect("sqlite::memory:");
  await using other = await serveHttp({});
  const port = Number(new URL(other.address.url).port);
  const { orchestrator } = consumersOf(broker, { port });
  await using _orchestrator = orchestrator;
  await assertRejects(() => orchestrator.start(), PortTakenError);
  assertEquals(await broker.streamInfo("jobs"), null);
});

Deno.test("Orchestrator that is stopped while its page is being opened leaves nothing open", async () => {
  await using broker = await connect("sqlite::memory:");
  const { orchestrator } = consumersOf(broker, true);
  const started = assertRejects(() => orchestrator.start(), ClosedError);
  await orchestrator.stop();
  await started;
  assertEquals(orchestrator.inspectorUrl, null);
});

Deno.test("Orchestrator takes a function as inspect, and no page is served", async () => {
  await using broker = await connect("sqlite::memory:");
  let count = 0;
  const { orchestrator } = consumersOf(broker, () => void count++);
  await using _orchestrator = orchestrator;
  await orchestrator.start();
  assert(count > 0);
  assertEquals(orchestrator.inspectorUrl, null);
});

Deno.test("runConsumer with inspect serves a page while it runs, and fails with its consumer's error", async () => {
  await using broker = await connect("sqlite::memory:");
  const log = new StoryLog();
  const done = new AbortController();
  const handled = Promise.withResolvers<void>();
  const running = runConsumer({
    ...{ broker, stream: "jobs", group: "calm", log, inspect: true, signal: done.signal },
    handler: () => handled.resolve(),
  });
  await new StreamProducer({ broker, stream: "jobs" }).publish({ type: "job", data: 1 });
  await handled.promise;
  const said = log.lines.find(({ message }) => message === "the inspector is served");
  const page = String(said?.fields.url);
  assertEquals(await statusOf(page), 200);
  done.abort();
  await running;
  await assertRejects(() => fetch(page), TypeError);

  const missing = { broker, stream: "missing", group: "calm", createStream: false, handler() {} };
  const plain = await assertRejects(() => runConsumer(missing), Error);
  const shown = await assertRejects(() => runConsumer({ ...missing, inspect: true, log }), Error);
  assertEquals([shown.name, shown.message], [plain.name, plain.message]);
});

Deno.test("openInspector shows a lone consumer, tells it what it can do, and refuses what nobody can", async () => {
  await using broker = await connect("sqlite::memory:");
  await using consumer = new StreamConsumer({ broker, stream: "jobs", group: "calm" });
  await using inspector = await openInspector({ broker, consumer, commands: true });
  await using http = await serveHttp({ inspector });
  const page = `${http.address.url}/inspector`;
  await consumer.subscribe(() => {});
  const { instances: [instance] } = await (await fetch(`${page}/instances`)).json();
  assertEquals([instance.is_here, instance.can_be_followed], [true, true]);
  const session = await (await fetch(`${page}/session`)).text();
  assertMatch(session, /"machine":"consumer"/);
  const tell = (command: string, consumer = "main") =>
    post(`${page}/commands`, { token: "none", body: { command, consumer } });
  assertEquals(await tell("pause", "another"), 404);
  assertEquals(await tell("pause"), 202);
  await eventually("it is paused", () => consumer.state === "paused");
  assertEquals(await tell("resume"), 202);
  await eventually("it reads", () => consumer.state === "reading");
  assertEquals([await tell("restart"), await tell("reclaim")], [400, 202]);
  assertEquals(await tell("drain"), 202);
  await consumer.finished;
  assertEquals(await broker.listInstances(), []);
});

Deno.test("openInspector takes an orchestrator or a consumer, not both", async () => {
  await using broker = await connect("sqlite::memory:");
  const { orchestrator } = consumersOf(broker, undefined);
  await using _orchestrator = orchestrator;
  await using consumer = new StreamConsumer({ broker, stream: "jobs", group: "calm" });
  await assertRejects(() => openInspector({ broker, orchestrator, consumer }), InvalidOptionError);
});
