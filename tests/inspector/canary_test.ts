/**
 * Nothing secret leaves a service that is looked at (S19): a real process with a password in its broker's URL and marked
 * payloads is asked for everything, over real sockets.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { connect, deadLetterStream, StreamProducer } from "../../mod.ts";
import { temporaryFolder } from "../cli/command_line.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, startRedisServer } from "../support/redis_server.ts";
import { ServiceProcess } from "../support/service_process.ts";
import { FrameClient } from "./routes_rig.ts";

const PASSWORD = "canary-pass-77f2";

const PAYLOAD = "canary-load-19ce";

const TOKEN = "canary-token-4b1c-0123456789";

const HANDLER = `
export default (event, ctx) => {
  ctx.publish("invoices", { type: "invoice.sent", data: event.data, headers: { x: "${PAYLOAD}" } });
  if (event.data.isWrong) ctx.deadLetter("it is wrong");
};
`;

for (const kind of ["SQLite", "Redis"]) {
  Deno.test(`neither a password nor a payload leaves a service that is looked at (${kind})`, async () => {
    await using open = new AsyncDisposableStack();
    const broker = kind === "SQLite" ? await onSqlite(open) : await onRedis(open);
    const port = freePort();
    const process = open.use(
      await ServiceProcess.start({
        yaml: `redis_streams:
  ${broker.yaml}
  streams: [{ name: orders, group: billing, handler: ./handler.ts }]
http: { port: ${port}, control_token: ${TOKEN} }
log: { level: debug }
`,
        handler: HANDLER,
        args: ["--inspect-control"],
      }),
    );
    await process.says("the inspector is served");
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const url = `http://127.0.0.1:${port}/inspector`;
    await using frames = await FrameClient.open(`${url}/frames`, headers);
    await using stately = await FrameClient.open(`${url}/stately`, headers);

    await using outside = await connect(broker.url);
    const data = (isWrong: boolean) => ({ secret: PAYLOAD, isWrong });
    const given = { type: "order.placed", headers: { password: PAYLOAD } };
    await new StreamProducer({ broker: outside, stream: "orders" }).publishMany(
      Array.from({ length: 40 }, (_, n) => ({ ...given, data: data(n % 4 === 0) })),
    );
    const letters = async () => (await outside.streamInfo(deadLetterStream("orders")))?.length;
    await eventually("all is handled", async () => await letters() === 10);
    const committed = ({ statuses }: FrameClient) =>
      statuses.at(-1)?.consumers[0]?.facts.committedCount === 40;
    await frames.until("the end is told", committed);
    await stately.until("all of it is told", ({ told }) => told.length > 20);

    const texts = [process.text, JSON.stringify(frames.told), JSON.stringify(stately.told)];
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(url + path, { headers, ...init });
      const text = await response.text();
      texts.push(text, JSON.stringify([...response.headers]));
      return [response.status, text.length] as const;
    };
    const place = "stream=orders&group=billing";
    for (const path of ["", "/instances", "/session", `/pending?${place}`]) {
      const [status, length] = await ask(path);
      assert(status === 200 && length > 10, path);
    }
    const [status, length] = await ask(`/dead-letters?${place}`);
    assert(status === 200 && length > 500);
    const body = JSON.stringify({ stream: "orders", group: "billing", all: true });
    assertEquals((await ask("/dead-letters/replay", { method: "POST", body }))[0], 200);
    assertEquals((await ask("/nothing"))[0], 404);
    process.signal("SIGTERM");
    assertEquals((await process.end()).code, 0, process.text);
    for (const text of [...texts, process.text]) {
      for (const canary of [PASSWORD, PAYLOAD, TOKEN]) {
        const at = text.indexOf(canary);
        assertEquals(at, -1, text.slice(Math.max(0, at - 200), at + 40));
      }
    }
  });
}

interface Place {
  readonly url: string;
  readonly yaml: string;
}

async function onSqlite(open: AsyncDisposableStack): Promise<Place> {
  const file = `${open.use(await temporaryFolder()).path}/t.db`;
  return { url: `sqlite:${file}`, yaml: `sqlite_path: ${file}` };
}

async function onRedis(open: AsyncDisposableStack): Promise<Place> {
  const server = open.use(await startRedisServer());
  const { code } = await new Deno.Command("redis-cli", {
    args: ["-p", String(server.port), "config", "set", "requirepass", PASSWORD],
    stdout: "null",
  }).output();
  assertEquals(code, 0);
  const url = `redis://:${PASSWORD}@127.0.0.1:${server.port}`;
  return { url, yaml: `redis_url: ${url}` };
}
