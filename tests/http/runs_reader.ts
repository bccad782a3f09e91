/**
 * A client of a run's event stream: reads it with the parser that browsers' polyfills use, and can leave at any moment.
 *
 * @module
 */

import { createParser, type EventSourceMessage } from "eventsource-parser";

/** Long enough for a loaded machine; what does not come is missing, and the test says so instead of waiting for ever. */
const WAIT_MS_MAX = 15_000;

/** One who reads an event stream. */
export class RunReader implements AsyncDisposable {
  /** Everything that has come, in order. */
  readonly messages: EventSourceMessage[] = [];
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #decoder = new TextDecoder();
  readonly #parser = createParser({ onEvent: (message) => void this.messages.push(message) });
  #hasEnded = false;

  private constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.getReader();
  }

  /** Connects; `headers` such as Last-Event-ID. @throws When the answer is no stream. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<RunReader> {
    const answer = await fetch(url, { headers });
    if (answer.status !== 200 || answer.body === null) {
      throw new Error(`The stream was answered by ${answer.status} ${await answer.text()}`);
    }
    return new RunReader(answer.body);
  }

  /** Whether the server has ended the answer. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Reads until a condition holds or the answer ends. @throws When nothing comes for 15 s. */
  async readUntil(holds: () => boolean): Promise<EventSourceMessage[]> {
    while (!this.#hasEnded && !holds()) {
      const { done, value } = await this.#next();
      if (done) this.#hasEnded = true;
      else this.#parser.feed(this.#decoder.decode(value, { stream: true }));
    }
    return this.messages;
  }

  async #next(): Promise<ReadableStreamReadResult<Uint8Array>> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const last = this.messages.at(-1)?.id ?? "none";
      late.reject(new Error(`Nothing came for ${WAIT_MS_MAX} ms; the last id was ${last}`));
    }, WAIT_MS_MAX);
    try {
      return await Promise.race([this.#reader.read(), late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Reads so many messages, or fewer to the end. */
  readCount(count: number): Promise<EventSourceMessage[]> {
    return this.readUntil(() => this.messages.length >= count);
  }

  /** Reads to the end. */
  readAll(): Promise<EventSourceMessage[]> {
    return this.readUntil(() => false);
  }

  /** Leaves. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}

/** Each message as `name data` with the data of an event, or the whole data of what has a name. */
export function told(messages: readonly EventSourceMessage[]): string[] {
  return messages.map(({ event, data }) => {
    const parsed = JSON.parse(data);
    return event === undefined
      ? `${parsed.type} ${JSON.stringify(parsed.data)}`
      : `${event} ${data}`;
  });
}
