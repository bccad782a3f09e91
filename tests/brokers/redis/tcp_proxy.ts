/**
 * A loopback TCP proxy in front of a server, which loses answers, goes silent, is slow or cuts connections on command.
 *
 * @module
 */

/** What it does with what comes. */
type Mode = "forward" | "swallow" | "silent" | "refuse";

/** One client and its connection to the server. */
interface Pair {
  readonly client: Deno.TcpConn;
  readonly server: Deno.TcpConn;
  /** The next answer is lost. */
  isDoomed: boolean;
  /** Called by the next answer. */
  onReply: () => void;
}

/** A request that is kept back. */
interface Held {
  readonly text: string;
  readonly met: PromiseWithResolvers<{ readonly pair: Pair; readonly request: Uint8Array }>;
}

/**
 * When a connection closes before its greeting was answered, ioredis starts a timer of 100 ms for the socket that is
 * closed already (`AbstractConnector.disconnect`). It must have run before a test ends, or Deno takes it for a leak.
 */
const GOODBYE_MS = 120;

/** A proxy to one port of 127.0.0.1. */
export class TcpProxy implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #targetPort: number;
  readonly #pairs = new Set<Pair>();
  readonly #pumps = new Set<Promise<void>>();
  #mode: Mode = "forward";
  #swallowed: () => void = () => {};
  #part = 0;
  #doom = { text: "", times: 0 };
  #silencedCount = 0;
  #held: Held | null = null;
  /** How long each piece takes on its way, in ms. */
  delayMs = 0;

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

  /** How many pieces were kept back since it last went silent. */
  get silencedCount(): number {
    return this.#silencedCount;
  }

  /**
   * Loses the next answer of the server and cuts its connection, as a network may do after the request came through.
   * An answer that only asks for a script's source is none.
   *
   * @param part How much of the answer comes through before, 0 to 1.
   * @returns When it is lost.
   */
  loseNextReply(part = 0): Promise<void> {
    this.#mode = "swallow";
    this.#part = part;
    return new Promise((resolve) => this.#swallowed = resolve);
  }

  /**
   * Loses the answers to the next so many requests that hold this text, as {@linkcode loseNextReply} does.
   *
   * @returns Whether all of them were met.
   */
  loseRepliesTo(text: string, times: number): () => boolean {
    const doom = this.#doom = { text, times };
    return () => doom.times === 0;
  }

  /**
   * Keeps back the next request that holds this text, and what follows on its connection, also when its client is gone.
   *
   * @returns Lets it come to the server at last; resolves when the server has answered it.
   */
  holdRequest(text: string): () => Promise<void> {
    const held = this.#held = { text, met: Promise.withResolvers() };
    return async () => {
      const { pair, request } = await held.met.promise;
      const answered = new Promise<void>((resolve) => pair.onReply = resolve);
      await pair.server.write(request);
      await answered;
      closePair(pair);
    };
  }

  /** From now on nothing passes in either direction, and nothing is closed: a half-open connection. */
  goSilent(): void {
    this.#mode = "silent";
    this.#silencedCount = 0;
  }

  /** Cuts all connections, and each new one at once. */
  refuse(): void {
    this.#mode = "refuse";
    this.cut();
  }

  /** New connections pass again; those that went silent stay so. */
  recover(): void {
    this.#mode = "forward";
    this.delayMs = 0;
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
    await new Promise((resolve) => setTimeout(resolve, GOODBYE_MS));
  }

  #track(work: Promise<void>): void {
    this.#pumps.add(work);
    work.finally(() => this.#pumps.delete(work));
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      if (this.#mode === "refuse") {
        client.close();
        continue;
      }
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#targetPort });
      const pair: Pair = { client, server, isDoomed: false, onReply: () => {} };
      this.#pairs.add(pair);
      this.#track(this.#pump(pair, false));
      this.#track(this.#pump(pair, true));
    }
  }

  async #pump(pair: Pair, isReply: boolean): Promise<void> {
    const [from, to] = isReply ? [pair.server, pair.client] : [pair.client, pair.server];
    const buffer = new Uint8Array(65_536);
    let wentSilent = false;
    try {
      for (;;) {
        const size = await from.read(buffer);
        if (size === null) break;
        wentSilent ||= this.#mode === "silent";
        if (wentSilent) {
          this.#silencedCount++;
          continue;
        }
        if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
        const text = decoder.decode(buffer.subarray(0, size));
        if (isReply) pair.onReply();
        if (!isReply && this.#held !== null && text.includes(this.#held.text)) {
          this.#held.met.resolve({ pair, request: buffer.slice(0, size) });
          this.#held = null;
          wentSilent = true;
          continue;
        }
        const isLost = isReply ? this.#isLost(pair, text) : this.#meet(pair, text);
        const passes = isLost ? Math.floor(size * this.#part) : size;
        let sent = 0;
        while (sent < passes) sent += await to.write(buffer.subarray(sent, passes));
        if (isLost) break;
      }
    } catch {
      // The other side is gone, which ends this one too.
    }
    if (wentSilent) return;
    this.#pairs.delete(pair);
    closePair(pair);
  }

  /** Looks at a request. @returns that it passes, whatever becomes of its answer. */
  #meet(pair: Pair, text: string): false {
    if (this.#doom.times > 0 && text.includes(this.#doom.text)) {
      this.#doom.times--;
      pair.isDoomed = true;
    }
    return false;
  }

  #isLost(pair: Pair, text: string): boolean {
    if (text.startsWith("-NOSCRIPT")) return false;
    if (pair.isDoomed) return true;
    if (this.#mode !== "swallow") return false;
    this.#mode = "forward";
    this.#swallowed();
    return true;
  }
}

const decoder = new TextDecoder();

function closePair({ client, server }: Pair): void {
  for (const connection of [client, server]) {
    try {
      connection.close();
    } catch {
      // It was closed by the other direction.
    }
  }
}
