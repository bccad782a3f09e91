/**
 * Bodies through a real socket: too long, with no length, too slow, broken off, no JSON (S6).
 *
 * @module
 */

import { assertEquals, assertRejects } from "@std/assert";
import { ProblemError } from "../../src/http/problem.ts";
import { ByteBudget, readBody } from "../../src/http/request_body.ts";
import { systemClock } from "../../src/ports/clock.ts";
import { type HttpRig, startHttp } from "./http_rig.ts";
import { RawConnection, rawRequest } from "./raw_http.ts";

const mebibyte = "x".repeat(1_048_576);

function head({ port }: HttpRig, ...headers: string[]): string {
  const own = [`Host: 127.0.0.1:${port}`, "Connection: close", "Content-Type: application/json"];
  return `POST /things/a HTTP/1.1\r\n${[...own, ...headers].join("\r\n")}\r\n\r\n`;
}

/** Status and code of the answer to one request. */
async function asked(rig: HttpRig, content: string): Promise<string> {
  using connection = await RawConnection.open(rig.port);
  await connection.write(content);
  // Not to the end: Deno.serve keeps the connection while it waits for a body that was refused.
  const text = await connection.readUntil("}");
  const status = text.slice(9, 12);
  const told = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
  return `${status} ${told.code ?? told.length}`;
}

Deno.test("HttpServer takes a body of 1 MiB and refuses one that says it is too long", async () => {
  await using rig = startHttp();
  const body = JSON.stringify({ name: mebibyte });
  assertEquals(await asked(rig, head(rig, `Content-Length: ${body.length}`) + body), "200 1048576");
  // None of it is sent: it is refused by what it says.
  assertEquals(await asked(rig, head(rig, "Content-Length: 60000000000")), "413 BODY_TOO_LARGE");
});

Deno.test("HttpServer counts a body that says no length while it arrives", async () => {
  await using rig = startHttp();
  using connection = await RawConnection.open(rig.port);
  await connection.write(head(rig, "Transfer-Encoding: chunked"));
  const chunk = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const answer = connection.readUntil("BODY_TOO_LARGE");
  for (let count = 0; count < 18; count++) await connection.write(chunk);
  assertEquals((await answer).slice(0, 12), "HTTP/1.1 413");
});

Deno.test("readBody takes no byte more than the bound, and gives back what it took", async () => {
  const budget = new ByteBudget(100);
  const read = (...parts: string[]) => {
    const body = ReadableStream.from(parts).pipeThrough(new TextEncoderStream());
    const request = new Request("http://localhost/", { method: "POST", body });
    const limits = { bodyBytesMax: 10, bodyMsMax: 1_000 };
    return readBody(request, { limits, budget, clock: systemClock });
  };
  assertEquals((await read("12345", "67890")).byteLength, 10);
  const error = await assertRejects(() => read("12345", "67890", "1"), ProblemError);
  assertEquals([error.problem.status, error.problem.code], [413, "BODY_TOO_LARGE"]);
  assertEquals([budget.take(91), budget.take(90)], [false, true]);
});

Deno.test("HttpServer refuses a body that takes too long, whether it trickles or stops", async () => {
  await using rig = startHttp({ limits: { bodyMsMax: 60 } });
  const beganMs = Date.now();
  const stopped = head(rig, "Content-Length: 100") + '{"na';
  assertEquals(await asked(rig, stopped), "408 BODY_TOO_SLOW");
  assertEquals(Date.now() - beganMs < 2_000, true);
});

Deno.test("HttpServer forgets a client that breaks off in the middle of its body", async () => {
  await using rig = startHttp({ limits: { bodiesBytesMax: 200 } });
  for (let count = 0; count < 5; count++) {
    const connection = await RawConnection.open(rig.port);
    await connection.write(head(rig, "Content-Length: 190") + "x".repeat(150));
    connection[Symbol.dispose]();
  }
  // What they had taken is there again: this one needs more than would be left of any of them.
  let answer = "";
  const body = JSON.stringify({ name: "x".repeat(150) });
  for (let count = 0; count < 200 && !answer.startsWith("200"); count++) {
    answer = await asked(rig, head(rig, `Content-Length: ${body.length}`) + body);
  }
  assertEquals([answer, rig.lines], ["200 150", []]);
});

Deno.test("HttpServer refuses bodies beyond what all may hold together, and says when to come back", async () => {
  await using rig = startHttp({ limits: { bodiesBytesMax: 100 } });
  const body = JSON.stringify({ name: "x".repeat(100) });
  const content = head(rig, `Content-Length: ${body.length}`) + body;
  const { status, headers } = await rawRequest(rig.port, content);
  assertEquals([status, headers["retry-after"]], [503, "1"]);
});

Deno.test("HttpServer says what is wrong with a body or a parameter, and what was wanted", async () => {
  await using rig = startHttp();
  const post = async (path: string, body: string) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${rig.url}${path}`, { method: "POST", headers, body });
    const { code, faults } = await answer.json();
    return [answer.status, code, faults?.[0]];
  };
  assertEquals(await post("/things/a", "{"), [400, "INVALID_JSON", undefined]);
  assertEquals(await post("/things/a", ""), [400, "INVALID_JSON", undefined]);
  assertEquals(await post("/things/a", "[]"), [400, "INVALID_REQUEST", {
    in: "body",
    name: "",
    wanted: "Invalid input: expected object, received array",
  }]);
  assertEquals(await post("/things/a?limit=1001", '{"name":"x"}'), [400, "INVALID_REQUEST", {
    in: "query",
    name: "limit",
    wanted: "Too big: expected number to be <=1000",
  }]);
  assertEquals(await post("/things/123456789", '{"name":"x"}'), [400, "INVALID_REQUEST", {
    in: "path",
    name: "id",
    wanted: "Too big: expected string to have <=8 characters",
  }]);
  for (const limit of ["NaN", "-1", "0", "1e9", "9007199254740992", "1&limit=2", "%00", "1.5"]) {
    const [status, code] = await post(`/things/a?limit=${limit}`, '{"name":"x"}');
    assertEquals([status, code], [400, "INVALID_REQUEST"], limit);
  }
  const deep = `{"name":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assertEquals((await post("/things/a", deep)).slice(0, 2), [400, "INVALID_REQUEST"]);
  assertEquals(rig.lines, []);
});

Deno.test("ByteBudget gives no more than there is", () => {
  const budget = new ByteBudget(10);
  assertEquals([budget.take(6), budget.take(5), budget.take(4), budget.take(1)], [
    true,
    false,
    true,
    false,
  ]);
  budget.give(6);
  assertEquals(budget.take(6), true);
});
