/**
 * A process that does more than can be shown: forty consumers whose machines take thousands of steps a second, told by
 * the routes that the page asks.
 *
 * @module
 */

import type { RouteGroup } from "../../src/http/app.ts";
import { HttpServer } from "../../src/http/server.ts";
import { sseFrame } from "../../src/http/sse_frame.ts";
import type { ActorState, Message, TransitionFrame } from "../../src/inspector/format.ts";
import { toldProcess } from "./told_process.ts";

const STATES = ["reading", "processing", "acking", "checkpointing"] as const;
const EVENTS = ["store.saved", "broker.read", "pool.settled", "broker.committed"] as const;

/** A flood. */
export class Flood implements AsyncDisposable {
  readonly #server: HttpServer;
  readonly #actors: readonly ActorState[];
  readonly #framesEach: number;
  readonly #intervalMs: number;
  #seq = 0;

  /** @param options How many consumers there are, and how many frames are told at once, how often. */
  constructor(
    options: {
      readonly consumers: number;
      readonly framesEach: number;
      readonly intervalMs: number;
    },
  ) {
    this.#framesEach = options.framesEach;
    this.#intervalMs = options.intervalMs;
    const nowMs = Date.now();
    this.#actors = Array.from({ length: options.consumers }, (_, index): ActorState => ({
      id: `flood/x:${index}`,
      name: "consumer",
      systemId: null,
      machine: "consumer",
      definition: "0".repeat(32),
      parent: null,
      place: { stream: "jobs", group: "calm", consumer: `consumer-${index}` },
      startedAtMs: nowMs,
      sinceMs: nowMs,
      state: "reading",
      context: { request: 0, committedCount: 0, "load.inFlight": 7 },
    }));
    this.#server = new HttpServer({ routes: [this.#routes()] });
  }

  /** What to open. */
  get url(): string {
    return this.#server.address.url;
  }

  /** How many frames were told. */
  get told(): number {
    return this.#seq;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close({ graceMs: 200 });
  }

  #routes(): RouteGroup {
    return toldProcess(async (stream) => {
      stream.send(this.#frame(this.#beginning()));
      while (!stream.signal.aborted) {
        stream.send(this.#frame(this.#batch()));
        await stream.room();
        await new Promise((resolve) => setTimeout(resolve, this.#intervalMs));
      }
    });
  }

  #frame(messages: readonly Message[]) {
    return sseFrame({ id: `1000.${this.#seq}`, data: JSON.stringify(messages) });
  }

  #beginning(): Message[] {
    const header: Message = {
      type: "header",
      format: "tidemark-inspector",
      version: 1,
      instance: "flood",
      startedAtMs: 1_000,
    };
    const states = ["", ...STATES].map((key) => ({
      id: key === "" ? "consumer" : `consumer.${key}`,
      key: key === "" ? "consumer" : key,
      parent: key === "" ? null : "consumer",
      type: key === "" ? "compound" as const : "atomic" as const,
      description: null,
      initial: key === "" ? ["consumer.reading"] : [],
      entry: [],
      exit: [],
      invokes: [],
    }));
    const chart = { machine: "consumer", states, transitions: [] };
    return [
      header,
      { type: "definition", hash: "0".repeat(32), chart },
      { type: "snapshot", seq: this.#seq, atMs: Date.now(), actors: this.#actors },
    ];
  }

  #batch(): Message[] {
    return Array.from({ length: this.#framesEach }, (): TransitionFrame => {
      const seq = ++this.#seq;
      const actor = this.#actors[seq % this.#actors.length];
      const step = Math.floor(seq / this.#actors.length);
      const [from, to] = [STATES[step % 4], STATES[(step + 1) % 4]];
      return {
        type: "transition",
        seq,
        atMs: Date.now(),
        actor: actor?.id ?? "",
        event: { type: EVENTS[(step + 1) % 4] ?? "", source: null, data: { count: step } },
        from: from ?? "",
        sinceMs: Date.now() - 5,
        to: to ?? "",
        edges: [],
        step: 0,
        rests: true,
        changed: { request: [step, step + 1], committedCount: [step >> 2, (step + 1) >> 2] },
      };
    });
  }
}
