/**
 * The inspector over HTTP: what its routes tell of a service that works, and what they let an operator do.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { connect } from "../../mod.ts";
import { fleetOf } from "../../src/inspector/fleet.ts";
import { advanceIn } from "../../src/inspector/fleet.ts";
import { type ActorState, isFrame } from "../../src/inspector/format.ts";
import { openSession } from "../../src/inspector/session_file.ts";
import { VERSION } from "../../src/telemetry/version.ts";
import { eventually } from "../support/eventually.ts";
import { assertHandled, JOBS, plan, publish } from "../support/supervised_service.ts";
import { FrameClient, inspected } from "./routes_rig.ts";

const PLACE = { stream: "jobs", group: "calm", consumer: "main" };

/** The states of the machines after all that a client was told. */
function statesOf(client: FrameClient): Record<string, ActorState["state"]> {
  let fleet = new Map<string, ActorState>();
  for (const message of client.messages) {
    if (message.type === "snapshot") fleet = new Map(fleetOf(message.actors));
    else if (isFrame(message)) advanceIn(fleet, message);
  }
  return Object.fromEntries([...fleet.values()].map(({ machine, state }) => [machine, state]));
}

/** Whether numbers follow each other. */
function assertWhole(seqs: readonly number[]): void {
  assertEquals(seqs, seqs.map((_, index) => (seqs[0] ?? 0) + index));
}

Deno.test("GET /inspector/frames tells the fleet, then every frame, and goes on after a position", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  const url = `${service.url}/inspector/frames`;
  await using first = await FrameClient.open(`${url}?back=0`);
  await first.until("the fleet is told", ({ messages }) => messages.length >= 6);
  const [header, ...rest] = first.messages;
  assert(header?.type === "header");
  assertEquals(header.instance, service.orchestrator.instance);
  const types = rest.map(({ type }) => type);
  assertEquals(types.slice(0, types.indexOf("snapshot") + 1), [
    "definition",
    "definition",
    "definition",
    "definition",
    "snapshot",
  ]);
  await publish(broker);
  await first.until("it works", ({ seqs }) => seqs.length > 20);
  const { lastId } = first;
  assertMatch(lastId, new RegExp(`^${header.startedAtMs}\\.${first.seqs.at(-1)}$`));

  await publish(broker, JOBS, 2 * JOBS);
  await using again = await FrameClient.open(url, { "last-event-id": lastId });
  await using byQuery = await FrameClient.open(`${url}?last_event_id=${lastId}`);
  for (const client of [again, byQuery]) {
    await client.until("it goes on", ({ seqs }) => seqs.length > 10);
    assertWhole([Number(lastId.split(".")[1]), ...client.seqs]);
    assertEquals(client.messages.some(({ type }) => type === "snapshot"), false);
  }
  // A number of another recorder is no position here.
  await using other = await FrameClient.open(`${url}?last_event_id=1.1`);
  await other.until("the fleet is told", ({ messages }) => messages.length > 5);
  assertEquals(other.messages.some(({ type }) => type === "snapshot"), true);
});

Deno.test("GET /inspector/frames begins with the past, as much as is wanted", async () => {
  await using broker = await connect("sqlite::memory:");
  await publish(broker);
  await using service = await inspected(broker);
  await assertHandled(broker, ["calm"]);
  await using whole = await FrameClient.open(`${service.url}/inspector/frames`);
  await using part = await FrameClient.open(`${service.url}/inspector/frames?back=7`);
  const isHere = ({ seqs }: FrameClient) => seqs.length >= 7 && (seqs.at(-1) ?? 0) > 30;
  await whole.until("the past is told", isHere);
  await part.until("a part of it is told", isHere);
  assertEquals(whole.seqs[0], 1);
  assert((part.seqs[0] ?? 0) > 1);
  await part.until("both are in the present", (client) => client.seqs.at(-1) === whole.seqs.at(-1));
  assertEquals(statesOf(part), statesOf(whole));
});

Deno.test("GET /inspector/frames tells how the process is, and again only when that has changed", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  await using client = await FrameClient.open(`${service.url}/inspector/frames`);
  await client.until("the status is told", ({ statuses }) => statuses.length > 0);
  const [status] = client.statuses;
  const { instance, version, takesCommands, consumers: [consumer] } = status ?? { consumers: [] };
  assertEquals({ instance, version, takesCommands }, {
    instance: service.orchestrator.instance,
    version: VERSION,
    takesCommands: false,
  });
  assertEquals([consumer?.facts.stream, consumer?.facts.broker?.lag], ["jobs", 0]);
  assertMatch(consumer?.why ?? "", /^Nothing to do/);
  service.orchestrator.pause();
  await client.until("the pause is told", ({ statuses }) => {
    return statuses.at(-1)?.consumers[0]?.facts.state === "paused";
  });
  assertMatch(client.statuses.at(-1)?.consumers[0]?.why ?? "", /^Paused/i);
  assert(client.statuses.length <= 4, `${client.statuses.length} statuses`);
});

Deno.test("GET /inspector/frames ends with the inspector, and then nobody is here", async () => {
  await using broker = await connect("sqlite::memory:");
  const service = await inspected(broker);
  await using client = await FrameClient.open(`${service.url}/inspector/frames`);
  await client.until("it is told", ({ messages }) => messages.length > 0);
  await service[Symbol.asyncDispose]();
  await client.until("it ends", ({ hasEnded }) => hasEnded);
});

Deno.test("GET /inspector/instances lists this process", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  const [status, body] = await service.get("instances");
  const { instances: [first, ...more] } = Object(body);
  assertEquals([status, more], [200, []]);
  const { started_at_ms: startedAtMs, ...rest } = first;
  assertEquals(rest, {
    instance: service.orchestrator.instance,
    is_here: true,
    can_be_followed: true,
  });
  assert(Math.abs(Date.now() - startedAtMs) < 60_000);
});

Deno.test("GET /inspector/charts/{hash} draws every machine that is told of, before and after", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  const session = await (await fetch(`${service.url}/inspector/session`)).text();
  const lines = session.trimEnd().split("\n").map((line) => JSON.parse(line));
  const definitions = lines.filter(({ type }) => type === "definition");
  assertEquals(definitions.length, 4);
  for (const { hash, chart } of definitions) {
    const [status, body] = await service.get(`charts/${hash}`);
    assertEquals([status, Object(body).hash, Object(body).machine], [200, hash, chart]);
    const titles = Object(body).layout.nodes.map(({ state }: { state: string }) => state);
    for (const { id } of chart.states) assert(titles.includes(id), `${id} is not drawn`);
  }
  const none = "0".repeat(32);
  const [missing, problem] = await service.get(`charts/${none}`);
  assertEquals([missing, Object(problem).code], [404, "CHART_NOT_FOUND"]);
  assertEquals((await service.get("charts/..%2f"))[0], 400);
});

Deno.test("GET /inspector/session is a session file of all that was recorded", async () => {
  await using broker = await connect("sqlite::memory:");
  await publish(broker);
  await using service = await inspected(broker);
  await assertHandled(broker, ["calm"]);
  const response = await fetch(`${service.url}/inspector/session`);
  const { headers, body } = response;
  assertEquals([response.status, headers.get("content-type")], [200, "application/jsonl"]);
  const disposition = headers.get("content-disposition") ?? "";
  assertMatch(disposition, /^attachment; filename="tidemark-[A-Za-z0-9._-]+\.jsonl"$/);
  assert(body !== null);
  const { messages, isCut } = await openSession(body, { name: "downloaded" });
  assertEquals(isCut, false);
  const seqs = messages.filter(isFrame).map(({ seq }) => seq);
  assertWhole(seqs);
  assertEquals(seqs[0], 1);
  await eventually("its place is free again", () => service.http.streamCount === 0);
});

Deno.test("GET /inspector/stately speaks as @statelyai/inspect does", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  await using client = await FrameClient.open(`${service.url}/inspector/stately`);
  await publish(broker);
  await client.until("it is told", ({ told }) => told.length > 12);
  const [comment, ...rest] = client.told;
  assertEquals(comment, { id: undefined, event: "(comment)", data: "@statelyai/inspect 0.7.2" });
  const messages = rest.map(({ data }) => JSON.parse(data));
  const actors = messages.filter(({ type }) => type === "@xstate.actor").map(({ name }) => name);
  assertEquals(actors.length >= 4, true, String(actors));
  const kinds = new Set(messages.map(({ type }) => type));
  assertEquals(kinds, new Set(["@xstate.actor", "@xstate.event", "@xstate.snapshot"]));
});

Deno.test("POST /inspector/commands pauses, resumes, drains and restarts, and logs it", async () => {
  await using broker = await connect("sqlite::memory:");
  const options = { consumers: [plan("calm"), plan("quick")], inspector: { commands: true } };
  await using service = await inspected(broker, options);
  const states = () => service.orchestrator.facts().map(({ state }) => state).join();
  const tell = async (command: string, target: object = { group: "calm" }) => {
    const [status, body] = await service.post("commands", { command, ...target });
    return [status, Object(body).told ?? Object(body).code];
  };
  await eventually("both read", () => states() === "reading,reading");
  assertEquals(await tell("pause"), [202, 1]);
  await eventually("one is paused", () => states() === "paused,reading");
  assertEquals(await tell("resume"), [202, 1]);
  await eventually("it reads again", () => states() === "reading,reading");
  assertEquals(await tell("reclaim", { stream: "jobs" }), [202, 2]);
  assertEquals(await tell("drain", PLACE), [202, 1]);
  await eventually("it has drained", () => states() === "stopped,reading");
  assertEquals(await tell("restart"), [202, 1]);
  await eventually("it reads again", () => states() === "reading,reading");
  assertEquals(await tell("pause", { ...PLACE, consumer: "nobody" }), [404, "CONSUMER_NOT_FOUND"]);
  assertEquals(await tell("pause", { instance: "nobody" }), [404, "INSTANCE_NOT_FOUND"]);
  assertEquals(await tell("explode"), [400, "INVALID_REQUEST"]);
  assertEquals(await tell("pause", { everything: true }), [400, "INVALID_REQUEST"]);
  const { instance } = service.orchestrator;
  const logged = service.log.having("an operator commands consumers");
  assertEquals(logged.map(({ level, fields }) => [level, fields]).slice(0, 2), [
    ["info", { instance, command: "pause", group: "calm" }],
    ["info", { instance, command: "resume", group: "calm" }],
  ]);
  assertEquals(logged.length, 5);
});

Deno.test("the inspector changes nothing unless it was allowed to", async () => {
  await using broker = await connect("sqlite::memory:");
  await using service = await inspected(broker);
  const asked = [
    await service.post("commands", { command: "pause" }),
    await service.post("dead-letters/replay", { stream: "jobs", group: "calm", all: true }),
  ];
  for (const [status, body] of asked) {
    const { code, title } = Object(body);
    assertEquals([status, code, title], [403, "COMMANDS_OFF", "The inspector takes no commands"]);
  }
  assertEquals(service.orchestrator.facts().map(({ pauseWanted }) => pauseWanted), [false]);
  const tokens = { read: "read-token-of-16", control: "control-token-16" };
  await using guarded = await inspected(broker, {
    consumers: [plan("other")],
    inspector: { commands: true },
    http: { tokens },
  });
  const tell = async (token: string) => {
    const response = await fetch(`${guarded.url}/inspector/commands`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ command: "pause" }),
    });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals([await tell("wrong-token-of-16"), await tell(tokens.read)], [401, 403]);
  assertEquals(await tell(tokens.control), 202);
});

Deno.test("the inspector's page is open, and everything that it could show wants the token", async () => {
  await using broker = await connect("sqlite::memory:");
  const tokens = { read: "read-token-of-16" };
  await using service = await inspected(broker, { http: { tokens } });
  const page = await fetch(`${service.url}/inspector`);
  assertEquals([page.status, page.headers.get("content-type")], [200, "text/html; charset=UTF-8"]);
  const policy = page.headers.get("content-security-policy") ?? "";
  assertStringIncludes(policy, "default-src 'none'");
  assertEquals(/unsafe|https?:|\*/.test(policy), false, policy);
  assertEquals((await page.text()).includes(service.orchestrator.instance), false);
  const document = await (await fetch(`${service.url}/openapi.json`, {
    headers: { authorization: `Bearer ${tokens.read}` },
  })).json();
  const paths = Object.keys(document.paths).filter((path) => path.startsWith("/inspector/"));
  assertEquals(paths.length, 9);
  for (const path of paths) {
    const method = Object.keys(document.paths[path])[0]?.toUpperCase() ?? "";
    const response = await fetch(service.url + path.replace("{hash}", "0".repeat(32)), {
      method,
      ...(method === "POST" ? { body: "{}", headers: { "content-type": "application/json" } } : {}),
    });
    await response.body?.cancel();
    // With a token to read alone nothing can be changed by anybody.
    assertEquals(response.status, method === "POST" ? 403 : 401, path);
  }
});
