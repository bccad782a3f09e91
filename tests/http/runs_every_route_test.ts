/**
 * What holds for each route of runs alike: which methods, kinds of bodies, pages and tokens it takes (S1, S4, S5, S18).
 * What is refused has changed nothing.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { openSqliteBroker } from "../../src/brokers/sqlite/sqlite_broker.ts";
import type { Broker } from "../../src/ports/broker.ts";
import { rawRequest } from "./raw_http.ts";
import { RunsRig } from "./runs_rig.ts";

interface Route {
  readonly path: string;
  /** Its methods, but for OPTIONS. */
  readonly methods: readonly string[];
  /** What it is changed with, by method. */
  readonly bodies?: Readonly<Record<string, string>>;
}

const ROUTES: readonly Route[] = [
  { path: "/runs", methods: ["GET", "HEAD", "POST"], bodies: { POST: '{"kind":"outside"}' } },
  { path: "/runs/a", methods: ["GET", "HEAD", "DELETE"], bodies: { DELETE: "" } },
  { path: "/runs/a/cancel", methods: ["POST"], bodies: { POST: "{}" } },
  { path: "/runs/a/end", methods: ["POST"], bodies: { POST: "{}" } },
  {
    path: "/runs/a/events",
    methods: ["GET", "HEAD", "POST"],
    bodies: { POST: '{"events":[{"type":"x"}]}' },
  },
  { path: "/runs/a/events/stream", methods: ["GET", "HEAD"] },
];

/** Every change: path, method, body. */
const CHANGES = ROUTES.flatMap(({ path, bodies = {} }) =>
  Object.entries(bodies).map(([method, body]) => ({ path, method, body }))
);

/** One request by hand. */
async function asked(
  rig: RunsRig,
  line: string,
  { headers = [], body = "" }: { readonly headers?: readonly string[]; readonly body?: string } =
    {},
): Promise<string> {
  const length = new TextEncoder().encode(body).length;
  const head = [
    `${line} HTTP/1.1`,
    `Host: 127.0.0.1:${rig.port}`,
    "Connection: close",
    ...(length === 0 ? [] : [`Content-Length: ${length}`]),
    ...headers,
  ];
  const answer = await rawRequest(rig.port, `${head.join("\r\n")}\r\n\r\n${body}`);
  const code = /"code":"(\w+)"/.exec(answer.body)?.[1] ?? answer.headers.allow ?? "-";
  return `${answer.status} ${code}`;
}

async function rigWithRun(broker: Broker, options = {}): Promise<RunsRig> {
  const rig = new RunsRig(broker, options);
  await rig.runs.start("outside", null, { run: "a" });
  return rig;
}

/** The run is as it was, there is no other one, nobody follows, and nothing has failed. */
async function assertUntouched(rig: RunsRig): Promise<void> {
  const { runs } = await rig.runs.list({ limit: 10 });
  const facts = runs.map(({ run, status, eventCount }) => [run, status, eventCount]);
  assertEquals(facts, [["a", "running", 0]]);
  assertEquals(rig.server.streamCount, 0);
  assertEquals(rig.log.lines.filter(({ level }) => level === "error" || level === "warn"), []);
}

Deno.test("each route of runs knows its methods and refuses all others by name (S18)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = await rigWithRun(broker);
  const strange = ["TRACE", "TRACK", "PROPFIND", "BREW", "get", "PUT", "PATCH", "QUERY"];
  for (const { path, methods } of ROUTES) {
    const allow = [...methods, "OPTIONS"].join(", ");
    assertEquals(await asked(rig, `OPTIONS ${path}`), `204 ${allow}`);
    const others = ["GET", "HEAD", "POST", "DELETE"].filter((method) => !methods.includes(method));
    for (const method of [...strange, ...others]) {
      const headers = ["Content-Type: application/json"];
      const told = await asked(rig, `${method} ${path}`, { headers, body: "{}" });
      // There is no body in the answer to HEAD that could name it.
      const wanted = method === "HEAD" ? `405 ${allow}` : "405 METHOD_NOT_ALLOWED";
      assertEquals(told, wanted, `${method} ${path}`);
    }
    if (methods.includes("HEAD")) assertEquals(await asked(rig, `HEAD ${path}`), "200 -", path);
  }
  await assertUntouched(rig);
});

Deno.test("each change of runs takes JSON and no form that a page could send unasked (S5)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = await rigWithRun(broker);
  const types = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain; application/json",
    "application/json+x",
    "application/jsonp",
    "text/json",
    "",
    null,
  ];
  for (const { path, method, body } of CHANGES) {
    for (const type of types) {
      const headers = type === null ? [] : [`Content-Type: ${type}`];
      const options = { headers, body: body === "" ? "{}" : body };
      const told = await asked(rig, `${method} ${path}`, options);
      assertEquals(told, "415 CONTENT_TYPE_WRONG", `${method} ${path} ${type}`);
    }
    const twice = ["Content-Type: application/json", "Content-Type: text/plain"];
    const packed = ["Content-Type: application/json", "Content-Encoding: gzip"];
    for (const headers of [twice, packed]) {
      const told = await asked(rig, `${method} ${path}`, { headers, body: body || "{}" });
      assertEquals(told, "415 CONTENT_TYPE_WRONG", `${method} ${path} ${headers}`);
    }
  }
  await assertUntouched(rig);
});

Deno.test("each route of runs refuses pages of other origins, also those that hide theirs (S4)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  await using rig = await rigWithRun(broker);
  const own = `http://127.0.0.1:${rig.port}`;
  const strangers = [
    ["Origin: null"],
    ["Origin: https://evil.example"],
    [`Origin: http://localhost:${rig.port}.evil.example`],
    [`Origin: ${own}`, "Origin: https://evil.example"],
    ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"],
  ];
  const reads = ROUTES.filter(({ methods }) => methods.includes("GET"))
    .map(({ path }) => ({ path, method: "GET", body: "" }));
  for (const { path, method, body } of [...CHANGES, ...reads]) {
    for (const stranger of strangers) {
      const headers = [...stranger, ...(body === "" ? [] : ["Content-Type: application/json"])];
      const told = await asked(rig, `${method} ${path}`, { headers, body });
      assertEquals(told, "403 ORIGIN_NOT_ALLOWED", `${method} ${path} ${stranger}`);
    }
  }
  const headers = [`Origin: ${own}`, "Content-Type: application/json"];
  assertEquals(
    await asked(rig, "POST /runs", { headers, body: '{"kind":"none"}' }),
    "400 INVALID_RUN_KIND",
  );
  await assertUntouched(rig);
});

Deno.test("each route of runs tells no token, a wrong one, one to read and one to control apart (S1)", async () => {
  await using broker = await openSqliteBroker({ path: ":memory:" });
  const tokens = { read: "read-token-0123456789", control: "control-token-0123456789" };
  await using rig = await rigWithRun(broker, { server: { tokens } });
  const bearer = (token: string) => `Authorization: Bearer ${token}`;
  const cases = [
    [[], "401 TOKEN_MISSING", "401 TOKEN_MISSING"],
    [[bearer("wrong-token-01234567")], "401 TOKEN_NOT_VALID", "401 TOKEN_NOT_VALID"],
    [["Authorization: Basic cmVhZDp0b2tlbg=="], "401 TOKEN_NOT_VALID", "401 TOKEN_NOT_VALID"],
    [[bearer(tokens.read)], "200 -", "403 CONTROL_NOT_ALLOWED"],
    [[bearer(tokens.read), bearer(tokens.control)], "401 TOKEN_NOT_VALID", "401 TOKEN_NOT_VALID"],
  ] as const;
  for (const [given, read, change] of cases) {
    for (const { path, methods } of ROUTES) {
      if (!methods.includes("HEAD")) continue;
      const told = await asked(rig, `HEAD ${path}`, { headers: given });
      assertEquals(told.slice(0, 3), read.slice(0, 3), `HEAD ${path} ${given}`);
    }
    for (const { path, method, body } of CHANGES) {
      const headers = [...given, ...(body === "" ? [] : ["Content-Type: application/json"])];
      const told = await asked(rig, `${method} ${path}`, { headers, body });
      assertEquals(told, change, `${method} ${path} ${given}`);
    }
    // A token in the address is none: addresses are logged and shared.
    const inAddress = await asked(rig, `GET /runs?token=${tokens.control}`, { headers: given });
    assertEquals(inAddress.slice(0, 3), given.length === 1 && read === "200 -" ? "400" : "401");
  }
  await assertUntouched(rig);
  const headers = [bearer(tokens.control), "Content-Type: application/json"];
  const controlled: string[] = [];
  for (const { path, method, body } of CHANGES.toSorted((a, b) => order(a) - order(b))) {
    const options = { headers: body === "" ? headers.slice(0, 1) : headers, body };
    controlled.push(`${method} ${path} ${await asked(rig, `${method} ${path}`, options)}`);
  }
  assertEquals(controlled, [
    "POST /runs 201 -",
    "POST /runs/a/events 201 -",
    "POST /runs/a/cancel 202 -",
    "POST /runs/a/end 409 RUN_ENDED",
    "DELETE /runs/a 204 -",
  ]);
});

/** What ends the run comes after what needs it. */
function order({ path, method }: { readonly path: string; readonly method: string }): number {
  const paths = ["/runs", "/runs/a/events", "/runs/a/cancel", "/runs/a/end"];
  return method === "DELETE" ? paths.length : paths.indexOf(path);
}
