/**
 * The wire between one worker and Redis: a loopback proxy that can hold a commit on its way there, or its answer on the
 * way back. So the campaign knows, and need not guess, that a request was sent and not applied, or applied and not
 * answered; and a request can come late, when the process that sent it is long dead.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { COMMIT } from "../../src/brokers/redis/scripts/commit.lua.ts";

/** What is held: the commit, or what the server answers from then on. */
export type Side = "request" | "answer";

/** What becomes of what is held: it goes on, or the wire is cut. */
export type Fate = "deliver" | "drop";

/** Something to be held. */
export interface Trap {
  /** Resolves when it is held: `true`, or `false` when the wire ended first. */
  readonly caught: Promise<boolean>;
  /** Idempotent; the first one counts. */
  release(fate: Fate): void;
  /** Resolves when the server has answered a request that was delivered, or the wire has ended. */
  readonly answered: Promise<void>;
}

interface SetTrap {
  readonly side: Side;
  /** Whether its request has gone to the server. */
  isDelivered: boolean;
  readonly caught: PromiseWithResolvers<boolean>;
  readonly fate: PromiseWithResolvers<Fate>;
  readonly answered: PromiseWithResolvers<void>;
}

/** One client and its connection to the server. */
interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  /** The trap whose request has come by here. */
  trap: SetTrap | null;
}

/** The digest by which a commit names its script. */
const MARK = Buffer.from(COMMIT.sha);

const CHUNK_BYTES = 65_536;

/** A wire to a port of 127.0.0.1. */
export class Wire implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #work = new Set<Promise<void>>();
  #trap: SetTrap | null = null;
  #isClosed = false;

  /** @param targetPort Where the server listens. */
  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#track(this.#accept());
  }

  /** The port that the worker connects to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Holds the next commit, or its answer. One at a time. */
  hold(side: Side): Trap {
    const trap: SetTrap = {
      side,
      isDelivered: false,
      caught: Promise.withResolvers(),
      fate: Promise.withResolvers(),
      answered: Promise.withResolvers(),
    };
    if (this.#isClosed) end(trap);
    else this.#trap = trap;
    return {
      caught: trap.caught.promise,
      answered: trap.answered.promise,
      release: (fate) => {
        if (this.#trap === trap) this.#trap = null;
        trap.fate.resolve(fate);
      },
    };
  }

  /** Takes no connection any more; those that there are end with their worker, but for what is held. */
  retire(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listener.close();
    if (this.#trap !== null) end(this.#trap);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.retire();
    for (const pair of this.#pairs) {
      pair.trap?.fate.resolve("drop");
      close(pair);
    }
    await Promise.all(this.#work);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) this.#track(this.#serve(client));
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
    } catch {
      client.close(); // the server is gone, and so is its door
      return;
    }
    const pair: Pair = { client, server, trap: null };
    this.#pairs.add(pair);
    const answers = this.#answers(pair);
    await this.#requests(pair);
    // Its worker may be dead, but what it sent before is on its way.
    const { trap } = pair;
    if (trap?.side === "request" && trap.isDelivered) {
      await Promise.race([trap.answered.promise, answers]);
    }
    close(pair);
    await answers;
    this.#pairs.delete(pair);
    if (trap !== null) end(trap);
  }

  async #requests(pair: Pair): Promise<void> {
    for await (const bytes of chunksOf(pair.client)) {
      const trap = this.#trap;
      if (trap !== null && bytes.includes(MARK)) {
        this.#trap = null;
        pair.trap = trap;
        if (trap.side === "request" && await held(trap) === "drop") return;
        trap.isDelivered = true;
      }
      if (!await passOn(bytes, pair.server)) return;
    }
  }

  /** Goes on when the worker is dead, so that the answer to what it sent is heard. */
  async #answers(pair: Pair): Promise<void> {
    for await (const bytes of chunksOf(pair.server)) {
      const { trap } = pair;
      if (trap?.isDelivered) {
        if (trap.side === "request") trap.answered.resolve();
        else if (await held(trap) === "drop") break;
      }
      await passOn(bytes, pair.client);
    }
    close(pair);
  }
}

function held(trap: SetTrap): Promise<Fate> {
  trap.caught.resolve(true);
  return trap.fate.promise;
}

function end(trap: SetTrap): void {
  trap.caught.resolve(false);
  trap.answered.resolve();
}

/** What comes, until the other side or we have ended it. Each chunk is gone with the next. */
async function* chunksOf(connection: Deno.TcpConn): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES);
  for (;;) {
    const size = await connection.read(buffer).catch(() => null);
    if (size === null) return;
    yield buffer.subarray(0, size);
  }
}

/** @returns whether it could be sent. */
async function passOn(bytes: Uint8Array, to: Deno.TcpConn): Promise<boolean> {
  try {
    for (let sent = 0; sent < bytes.length;) sent += await to.write(bytes.subarray(sent));
    return true;
  } catch {
    return false; // the other side is gone
  }
}

function close({ client, server }: Pair): void {
  for (const connection of [client, server]) {
    try {
      connection.close();
    } catch {
      // It was closed before.
    }
  }
}
