/**
 * A loopback TCP proxy in front of a server, which loses answers, goes silent or cuts connections on command.
 *
 * @module
 */

/** A proxy to one port of 127.0.0.1. */
export class TcpProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  readonly #pairs = new Set<[Deno.TcpConn, Deno.TcpConn]>();
  readonly #pumps = new Set<Promise<void>>();
  #mode: "forward" | "swallow" | "silent" = "forward";
  #swallowed: () => void = () => {};

  /** @param targetPort Where the server listens. */
  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.#track(this.#accept());
  }

  /** What a client connects to. */
  get url(): string {
    return `redis://127.0.0.1:${this.#listener.addr.port}`;
  }

  /**
   * Loses the next answer of the server and cuts its connection, as a network may do after the request came through.
   * An answer that only asks for a script's source is none.
   *
   * @returns When it is lost.
   */
  loseNextReply(): Promise<void> {
    this.#mode = "swallow";
    return new Promise((resolve) => this.#swallowed = resolve);
  }

  /** From now on nothing passes in either direction, and nothing is closed: a half-open connection. */
  goSilent(): void {
    this.#mode = "silent";
  }

  /** New connections pass again; those that went silent stay so. */
  recover(): void {
    this.#mode = "forward";
  }

  /** Cuts all connections. */
  cut(): void {
    for (const pair of this.#pairs) closePair(pair);
    this.#pairs.clear();
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.cut();
    await Promise.all(this.#pumps);
  }

  #track(work: Promise<void>): void {
    this.#pumps.add(work);
    work.finally(() => this.#pumps.delete(work));
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
      const pair: [Deno.TcpConn, Deno.TcpConn] = [client, server];
      this.#pairs.add(pair);
      this.#track(this.#pump(client, server, { pair, isReply: false }));
      this.#track(this.#pump(server, client, { pair, isReply: true }));
    }
  }

  async #pump(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    options: { readonly pair: [Deno.TcpConn, Deno.TcpConn]; readonly isReply: boolean },
  ): Promise<void> {
    const { pair, isReply } = options;
    const buffer = new Uint8Array(65_536);
    let wentSilent = false;
    try {
      for (;;) {
        const size = await from.read(buffer);
        if (size === null) break;
        wentSilent ||= this.#mode === "silent";
        if (wentSilent) continue;
        const wasRefused = decoder.decode(buffer.subarray(0, 9)) === "-NOSCRIPT";
        if (isReply && this.#mode === "swallow" && !wasRefused) {
          this.#mode = "forward";
          this.#swallowed();
          break;
        }
        let sent = 0;
        while (sent < size) sent += await to.write(buffer.subarray(sent, size));
      }
    } catch {
      // The other side is gone, which ends this one too.
    }
    if (wentSilent) return;
    this.#pairs.delete(pair);
    closePair(pair);
  }
}

const decoder = new TextDecoder();

function closePair(pair: readonly Deno.TcpConn[]): void {
  for (const connection of pair) {
    try {
      connection.close();
    } catch {
      // It was closed by the other direction.
    }
  }
}
