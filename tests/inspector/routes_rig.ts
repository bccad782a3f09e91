/**
 * A service that handles jobs and is looked at over HTTP: a real orchestrator, a real server, and a reader of its event
 * streams.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { createParser } from "eventsource-parser";
import {
  type BareOrchestrator,
  type BareOrchestratorOptions,
  type Broker,
  type HttpService,
  openInspector,
  type OpenInspectorOptions,
  serveHttp,
  type ServeHttpOptions,
} from "../../mod.ts";
import type { Message } from "../../src/inspector/format.ts";
import { isFrame } from "../../src/inspector/format.ts";
import type { InstanceStatus } from "../../src/inspector/source.ts";
import { eventually } from "../support/eventually.ts";
import { StoryLog } from "../support/story_log.ts";
import { plan, service } from "../support/supervised_service.ts";

/** A service that is looked at. */
export interface InspectedService extends AsyncDisposable {
  readonly orchestrator: BareOrchestrator;
  readonly http: HttpService;
  readonly url: string;
  /** What the inspector and the server have logged. */
  readonly log: StoryLog;
  /** Asks for JSON. */
  readonly get: (path: string) => Promise<readonly [status: number, body: unknown]>;
  /** Sends JSON. */
  readonly post: (path: string, body: unknown) => Promise<readonly [status: number, body: unknown]>;
}

/** What differs from the usual. */
export interface InspectedOptions {
  readonly consumers?: BareOrchestratorOptions["consumers"];
  readonly inspector?: Partial<OpenInspectorOptions>;
  readonly http?: Partial<ServeHttpOptions>;
}

/** Starts one, with a consumer `main` of the group `calm` of `jobs`. */
export async function inspected(
  broker: Broker,
  options: InspectedOptions = {},
): Promise<InspectedService> {
  await using open = new AsyncDisposableStack();
  const { consumers = [plan("calm")] } = options;
  const { orchestrator } = service(broker, { consumers });
  open.use(orchestrator);
  const log = new StoryLog();
  const inspector = open.use(
    await openInspector({ broker, orchestrator, log, ...options.inspector }),
  );
  await orchestrator.start();
  const http = open.use(await serveHttp({ inspector, log, ...options.http }));
  const { url } = http.address;
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/inspector/${path}`, init);
    return [response.status, await response.json()] as const;
  };
  const post = (path: string, body: unknown) => {
    const headers = { "content-type": "application/json" };
    return ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  };
  const parts = open.move();
  const dispose = () => parts.disposeAsync();
  return { orchestrator, http, url, log, get: ask, post, [Symbol.asyncDispose]: dispose };
}

/** One event of a stream. */
interface Told {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

/** Reads an event stream of the inspector. */
export class FrameClient implements AsyncDisposable {
  /** All that was told, in order. */
  readonly told: Told[] = [];
  readonly #abort = new AbortController();
  readonly #reading: Promise<void>;
  /** Whether the stream has come to its end. */
  hasEnded = false;

  private constructor(response: Response, abort: AbortController) {
    this.#abort = abort;
    this.#reading = this.#read(response);
  }

  /** Opens one. */
  static async open(url: string, headers: HeadersInit = {}): Promise<FrameClient> {
    const abort = new AbortController();
    const response = await fetch(url, { headers, signal: abort.signal });
    assertEquals([response.status, response.headers.get("content-type")], [
      200,
      "text/event-stream",
    ]);
    return new FrameClient(response, abort);
  }

  /** The messages so far. */
  get messages(): Message[] {
    return this.told.filter(({ event }) => event === "message")
      .flatMap(({ data }): Message[] => JSON.parse(data));
  }

  /** The numbers of the frames so far. */
  get seqs(): number[] {
    return this.messages.filter(isFrame).map(({ seq }) => seq);
  }

  /** The statuses so far. */
  get statuses(): InstanceStatus[] {
    return this.told.filter(({ event }) => event === "status").map(({ data }) => JSON.parse(data));
  }

  /** The id to resume by. */
  get lastId(): string {
    const id = this.told.findLast((each) => each.id !== undefined)?.id;
    assert(id !== undefined, "wanted an id");
    return id;
  }

  /** Waits until something was told. */
  async until(what: string, holds: (client: FrameClient) => boolean): Promise<void> {
    await eventually(what, () => holds(this));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#reading;
  }

  async #read({ body }: Response): Promise<void> {
    if (body === null) return;
    try {
      const parser = createParser({
        onEvent: ({ id, event = "message", data }) => void this.told.push({ id, event, data }),
        onComment: (data) => void this.told.push({ id: undefined, event: "(comment)", data }),
      });
      for await (const text of body.pipeThrough(new TextDecoderStream())) parser.feed(text);
      this.hasEnded = true;
    } catch (error) {
      if (!this.#abort.signal.aborted) throw error;
    }
  }
}
