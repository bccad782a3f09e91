/**
 * A reader of a stream who breaks off and comes back at any moment, with the last offset that he was told.
 *
 * @module
 */

/** What a reader got. */
export interface Reading {
  /** All of it. */
  readonly text: string;
  /** How often he connected. */
  readonly connections: number;
}

/**
 * Reads a stream until it is closed.
 *
 * @param url Of the stream.
 * @param live How.
 */
export async function readLive(url: string, live: "sse" | "long-poll"): Promise<Reading> {
  let text = "";
  let offset = "-1";
  let connections = 0;
  let pending = "";
  for (let closed = false; !closed;) {
    connections++;
    const answer = await fetch(`${url}?offset=${offset}&live=${live}`);
    if (live === "long-poll") {
      text += await answer.text();
      offset = answer.headers.get("stream-next-offset") ?? offset;
      closed = answer.headers.get("stream-closed") === "true";
      continue;
    }
    // Leaves after a few events, in the middle of whatever comes then.
    let eventsLeft = Math.floor(Math.random() * 20);
    for await (const { name, data } of events(answer)) {
      if (name === "data") pending = data;
      if (name !== "control") continue;
      const control: { streamNextOffset: string; streamClosed?: boolean } = JSON.parse(data);
      text += pending;
      pending = "";
      offset = control.streamNextOffset;
      closed = control.streamClosed === true;
      if (closed || eventsLeft-- <= 0) break;
    }
    pending = "";
  }
  return { text, connections };
}

/** The events of a response; leaving the loop cancels it. */
async function* events(answer: Response): AsyncGenerator<{ name: string; data: string }> {
  if (answer.body === null) return;
  let rest = "";
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const lines = block.split("\n");
      const name = lines.find((line) => line.startsWith("event:"))?.slice(6).trim() ?? "";
      const data = lines.filter((line) => line.startsWith("data:"))
        .map((line) => line.slice(5).replace(/^ /, "")).join("\n");
      yield { name, data };
    }
  }
}
