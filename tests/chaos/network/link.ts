/**
 * One connection through the proxy: requests on their way there, replies on their way back, and what a fault does to
 * them. A request and its reply belong together because Redis answers in order.
 *
 * @module
 */

import type { Socket } from "node:net";
import { carry, DELAY_MS, type Pace, pause } from "./carriage.ts";
import type { FaultName, NetworkFault } from "./fault.ts";
import { type Frame, FrameReader, wordsOf } from "./frames.ts";
import type { Point } from "./point.ts";

/** What a link asks the proxy. */
export interface Switch {
  /** The fault that strikes a new connection. */
  readonly metConnection: () => NetworkFault | null;
  /** The fault that strikes this side of the exchange of a request. */
  readonly met: (side: Point["side"], request: readonly string[]) => NetworkFault | null;
  /** A request came. */
  readonly requested: () => void;
  /** Nobody must be let in any more. */
  readonly refuse: () => void;
}

/** A request that was passed on and its reply. */
interface Exchange {
  readonly request: readonly string[];
  /** What will become of the reply, when that is decided. */
  fate: FaultName | null;
  isAnswered: boolean;
}

/** A read that has not been answered for so long waits for entries, in ms. */
const WAITS_MS = 5;

/** A connection. */
export class Link {
  readonly #client: Socket;
  readonly #to: { readonly port: number; readonly pace: Pace };
  readonly #switch: Switch;
  readonly #waiting: Exchange[] = [];
  #server: Deno.TcpConn | null = null;
  #hasEnded = false;
  /** Nothing passes in either direction. */
  #isMute = false;
  /** Nothing comes back. */
  #isUnanswered = false;
  /** How all bytes travel. */
  #pace: FaultName | null = null;
  #firstFate: FaultName | null = null;

  /**
   * @param client Who connected.
   * @param to The port of the server, and how long bytes take under a fault.
   */
  constructor(
    client: Socket,
    to: { readonly port: number; readonly pace: Pace },
    theSwitch: Switch,
  ) {
    this.#client = client;
    this.#to = to;
    this.#switch = theSwitch;
  }

  /** Carries everything until one side is gone. */
  async run(): Promise<void> {
    const fault = this.#switch.metConnection();
    if (fault !== null) await this.#begin(fault);
    if (this.#hasEnded) return;
    try {
      this.#server = await Deno.connect({ hostname: "127.0.0.1", port: this.#to.port });
    } catch {
      return this.end(); // the server is gone, and so is its door
    }
    if (this.#hasEnded) return this.#server.close();
    await Promise.all([this.#requests(), this.#replies(this.#server)]);
  }

  /** Bytes travel as usual again. What is half-open or unanswered stays so. */
  recover(): void {
    this.#pace = null;
  }

  /** Cuts it. Idempotent. */
  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#client.destroy();
    try {
      this.#server?.close();
    } catch {
      // It was closed by the server.
    }
  }

  /** What a fault does to a connection that is new. */
  async #begin({ name, hits }: NetworkFault): Promise<void> {
    if (name === "delay") await pause(DELAY_MS);
    else if (name === "late") await pause(this.#to.pace.lateMs);
    else if (name === "jitter" || name === "slow") this.#pace = name;
    else if (hits === "connection") this.#break(name);
    else this.#firstFate = name;
  }

  async #requests(): Promise<void> {
    const reader = new FrameReader();
    try {
      for await (const piece of this.#client) {
        for (const frame of reader.push(piece)) {
          this.#switch.requested();
          if (!this.#isMute) await this.#request(frame);
        }
      }
    } catch {
      // The client is gone, or what it sent is not understood: both end here.
    }
    this.end();
  }

  async #request(frame: Frame): Promise<void> {
    const request = wordsOf(frame);
    const fault = this.#switch.met("request", request);
    const exchange: Exchange = { request, fate: this.#firstFate, isAnswered: false };
    this.#firstFate = null;
    if (fault?.hits === "connection") return this.#break(fault.name);
    if (fault?.name === "cut half") {
      await this.#ask(half(frame));
      return this.end();
    }
    this.#waiting.push(exchange);
    if (fault?.hits === "reply") exchange.fate = fault.name;
    const name = fault?.hits === "bytes" ? fault.name : this.#pace;
    await this.#carry(frame.bytes, { fault: name, write: (piece) => this.#ask(piece) });
    const waiting = this.#switch.met("wait", request);
    if (waiting === null) return;
    if (waiting.hits === "connection") this.#breakWhileWaiting(exchange, waiting.name);
    else exchange.fate = waiting.name;
  }

  async #replies(server: Deno.TcpConn): Promise<void> {
    const reader = new FrameReader();
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const size = await server.read(buffer);
        if (size === null) break;
        for (const frame of reader.push(buffer.slice(0, size))) {
          if (!this.#isMute && !this.#isUnanswered) await this.#reply(frame);
        }
      }
    } catch {
      // The server is gone.
    }
    // A network that is silent does not tell of the server's end either.
    if (!this.#isMute) this.end();
  }

  async #reply(frame: Frame): Promise<void> {
    const exchange = this.#waiting.shift();
    if (exchange === undefined) return await this.#answer(frame.bytes);
    exchange.isAnswered = true;
    const fault = exchange.fate ?? this.#switch.met("reply", exchange.request)?.name ?? this.#pace;
    switch (fault) {
      case "cut half":
        await this.#answer(half(frame));
        return this.end();
      case "unanswered":
        this.#isUnanswered = true;
        return;
      case "unanswered, cut":
        return this.end();
      case "cut":
      case "half-open":
      case "refuse":
      case "reset":
        return this.#break(fault);
    }
    await this.#carry(frame.bytes, { fault, write: (piece) => this.#answer(piece) });
  }

  #carry(
    bytes: Uint8Array,
    way: {
      readonly fault: FaultName | null;
      readonly write: (piece: Uint8Array) => Promise<void>;
    },
  ): Promise<void> {
    const { fault, write } = way;
    return fault === null ? write(bytes) : carry(bytes, { fault, write, pace: this.#to.pace });
  }

  async #ask(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length && this.#server !== null;) {
      sent += await this.#server.write(bytes.subarray(sent));
    }
  }

  #answer(bytes: Uint8Array): Promise<void> {
    if (!this.#hasEnded) this.#client.write(bytes);
    return Promise.resolve();
  }

  #breakWhileWaiting(exchange: Exchange, name: FaultName): void {
    setTimeout(() => {
      if (!exchange.isAnswered && !this.#hasEnded) this.#break(name);
    }, WAITS_MS);
  }

  #break(name: FaultName): void {
    if (name === "half-open") {
      this.#isMute = true;
      return;
    }
    if (name === "refuse") this.#switch.refuse();
    if (name === "reset") this.#client.resetAndDestroy();
    // At once: what came after the bytes that are lost must not take their place.
    this.end();
  }
}

function half({ bytes }: Frame): Uint8Array {
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}
