/**
 * A loopback proxy that understands Redis well enough to strike one point of the conversation: it knows which command a
 * request is, and where its reply begins and ends. It counts what clients attempt, also in vain.
 *
 * @module
 */

import { createServer, type Server, type Socket } from "node:net";
import type { Pace } from "./carriage.ts";
import type { NetworkFault } from "./fault.ts";
import { Link, type Switch } from "./link.ts";
import type { Point } from "./point.ts";

/** A fault at a point. */
export interface Armed {
  readonly fault: NetworkFault;
  readonly point: Point;
  /** How often it strikes, at most. */
  readonly times: number;
}

/** What clients attempted. */
export interface Attempts {
  readonly connections: number;
  readonly requests: number;
}

const LOOPBACK = "127.0.0.1";

/** A proxy to one port of 127.0.0.1. */
export class FaultProxy implements AsyncDisposable {
  readonly #pace: Pace;
  readonly #links = new Set<Link>();
  readonly #work = new Set<Promise<void>>();
  readonly #server: Server;
  #targetPort: number;
  #port = 0;
  #armed: Armed | null = null;
  #strikes = 0;
  #connections = 0;
  #requests = 0;

  private constructor(targetPort: number, pace: Pace) {
    this.#targetPort = targetPort;
    this.#pace = pace;
    this.#server = createServer((client) => this.#accept(client));
  }

  /** Begins to listen. @param targetPort Where the server listens, now or later. */
  static async start(targetPort: number, pace: Pace): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort, pace);
    await proxy.#listen();
    return proxy;
  }

  /** The port that a client connects to. */
  get port(): number {
    return this.#port;
  }

  /** What a client connects to. */
  get url(): string {
    return `redis://${LOOPBACK}:${this.#port}`;
  }

  /** What was attempted so far. */
  get attempts(): Attempts {
    return { connections: this.#connections, requests: this.#requests };
  }

  /** How often the armed fault has struck. */
  get strikes(): number {
    return this.#strikes;
  }

  /** New connections go to another server; those that are open stay. */
  retarget(port: number): void {
    this.#targetPort = port;
  }

  /** From now on the fault strikes whenever its point is met. At `connect` all connections are cut, so that it is met. */
  async arm(armed: Armed): Promise<void> {
    this.#armed = armed;
    this.#strikes = 0;
    if (armed.point.side !== "connection") return;
    if (armed.fault.name === "refuse") {
      this.#strikes++;
      await this.#refuse();
    } else {
      this.cut();
    }
  }

  /** Strikes no more. What is half-open or unanswered stays so until its client gives it up, as in a network. */
  async disarm(): Promise<void> {
    this.#armed = null;
    for (const link of this.#links) link.recover();
    if (!this.#server.listening) await this.#listen();
  }

  /** Cuts all connections. */
  cut(): void {
    for (const link of this.#links) link.end();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#armed = null;
    if (this.#server.listening) await this.#close();
    this.cut();
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, LOOPBACK, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        if (typeof address === "object" && address !== null) this.#port = address.port;
        resolve();
      });
    });
  }

  /** Stops to listen: the system then refuses who comes. Connections that are open stay. */
  #close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Its callback would wait for the open connections too.
    this.#server.close();
    setTimeout(resolve, 0);
    return promise;
  }

  async #refuse(): Promise<void> {
    if (this.#server.listening) await this.#close();
    this.cut();
  }

  #accept(client: Socket): void {
    this.#connections++;
    client.on("error", () => {}); // its end is what matters
    const link = new Link(client, { port: this.#targetPort, pace: this.#pace }, this.#switch());
    this.#links.add(link);
    const work = link.run().finally(() => this.#links.delete(link));
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }

  #switch(): Switch {
    return {
      metConnection: () => this.#meet("connection", () => true),
      met: (side, request) => this.#meet(side, (point) => point.isIn(request)),
      requested: () => this.#requests++,
      refuse: () => void this.#refuse(),
    };
  }

  #meet(side: Point["side"], isIn: (point: Point) => boolean): NetworkFault | null {
    const armed = this.#armed;
    if (armed === null || armed.point.side !== side || !isIn(armed.point)) return null;
    if (this.#strikes >= armed.times) return null;
    this.#strikes++;
    return armed.fault;
  }
}
