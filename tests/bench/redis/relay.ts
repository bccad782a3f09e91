/**
 * A way to the server that is as long as between two zones of a data centre: whatever the server answers arrives a
 * moment later. On one machine a round trip costs a hundredth of that, and what saves round trips saves nothing.
 *
 * It is a process of its own, and the only argument is the port of the server.
 *
 * @module
 */

/**
 * What the timer of an answer is set to, in ms: the least that it can be. Deno wakes one millisecond after that, so that
 * answers arrive 2 ms later.
 */
const DELAY_MS = 1;

if (import.meta.main) await serve(Number(Deno.args[0]));

async function serve(serverPort: number): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(JSON.stringify({ port: listener.addr.port }));
  for await (const client of listener) relay(client, serverPort);
}

/** One connection: questions go on at once, answers later. Ends both sides when either does. */
async function relay(client: Deno.TcpConn, serverPort: number): Promise<void> {
  using server = await Deno.connect({ hostname: "127.0.0.1", port: serverPort });
  using _client = client;
  for (const connection of [client, server]) connection.setNoDelay(true);
  // What ends with an error is a side that has disconnected, as every round does.
  await Promise.race([
    client.readable.pipeTo(server.writable),
    later(server.readable, client.writable.getWriter()),
  ]).catch(() => {});
}

/** Hands on every piece when its time has come; meanwhile it takes more, so that it delays but does not brake. */
async function later(
  from: ReadableStream<Uint8Array>,
  to: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  let last: Promise<void> = Promise.resolve();
  for await (const chunk of from) {
    const due = new Promise<void>((resolve) => setTimeout(resolve, DELAY_MS));
    last = Promise.all([last, due]).then(() => to.write(chunk));
    last.catch(() => {}); // the last one tells
  }
  await last;
}
