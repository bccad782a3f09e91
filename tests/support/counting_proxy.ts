/**
 * A loopback TCP proxy that counts what clients attempt: connections, and requests in them. Unlike a server that is
 * gone it hears every attempt, also the vain ones. It can refuse, and it can keep silent, as networks do.
 *
 * @module
 */

import { RequestCounter } from "./request_counter.ts";

/** What clients attempted. */
export interface Attempts {
  /** Connections that were begun. */
  readonly connections: number;
  /** Requests that were sent. */
  readonly requests: number;
}

/** One client and its connection to the server. */
interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
}

/** A proxy to one port of 127.0.0.1. */
export class CountingProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #work = new Set<Promise<void>>();
  #mode: "forward" | "refuse" | "silent" = "forward";
  #connections = 0;
  #requests = 0;

  /** @param targetPort Where the server listens, now or later. */
  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#track(this.#accept());
  }

  /** The port that a client connects to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** What a client connects to. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** What was attempted so far. */
  get attempts(): Attempts {
    return { connections: this.#connections, requests: this.#requests };
  }

  /** Cuts all connections, and each new one at once. */
  refuse(): void {
    this.#mode = "refuse";
    this.#cut();
  }

  /** From now on nothing passes, and nothing is closed: what a pulled cable does. */
  goSilent(): void {
    this.#mode = "silent";
  }

  /** Passes everything again. Connections that were silent have lost bytes, so they are cut. */
  recover(): void {
    if (this.#mode === "silent") this.#cut();
    this.#mode = "forward";
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#cut();
    await Promise.all(this.#work);
  }

  #cut(): void {
    for (const pair of this.#pairs) closePair(pair);
    this.#pairs.clear();
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#connections++;
      if (this.#mode === "refuse") client.close();
      else this.#track(this.#serve(client));
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
    } catch {
      client.close(); // the server is gone, and so is its door
      return;
    }
    const pair: Pair = { client, server };
    this.#pairs.add(pair);
    const counter = new RequestCounter();
    const count = (bytes: Uint8Array) => {
      const before = counter.count;
      counter.push(bytes);
      this.#requests += counter.count - before;
    };
    await Promise.all([
      this.#pump(pair, { from: client, to: server, seen: count }),
      this.#pump(pair, { from: server, to: client, seen: () => {} }),
    ]);
    this.#pairs.delete(pair);
  }

  async #pump(
    pair: Pair,
    way: {
      readonly from: Deno.TcpConn;
      readonly to: Deno.TcpConn;
      readonly seen: (bytes: Uint8Array) => void;
    },
  ): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const size = await way.from.read(buffer);
        if (size === null) break;
        way.seen(buffer.subarray(0, size));
        if (this.#mode === "silent") continue;
        for (let sent = 0; sent < size;) sent += await way.to.write(buffer.subarray(sent, size));
      }
    } catch {
      // The other side is gone, which ends this one too.
    }
    closePair(pair);
  }
}

function closePair({ client, server }: Pair): void {
  for (const connection of [client, server]) {
    try {
      connection.close();
    } catch {
      // It was closed by the other direction.
    }
  }
}
