/**
 * Requests written byte by byte, for everything that `fetch` would not send: wrong hosts, rubbish, halves.
 *
 * @module
 */

/** What came back on one connection until the server closed it. */
export interface RawAnswer {
  /** The status, 0 when none could be read. */
  readonly status: number;
  /** Headers, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Everything after the head, chunk sizes too. */
  readonly body: string;
}

/** A connection. */
export class RawConnection implements Disposable {
  readonly #socket: Deno.Conn;
  #text = "";
  #isClosed = false;

  private constructor(socket: Deno.Conn) {
    this.#socket = socket;
  }

  /** Connects to a server on this machine. */
  static async open(port: number): Promise<RawConnection> {
    return new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Everything that has been read. */
  get text(): string {
    return this.#text;
  }

  /** Writes all of it; an end by the server is no error. */
  async write(content: string | Uint8Array): Promise<void> {
    let bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    try {
      while (bytes.length > 0) bytes = bytes.subarray(await this.#socket.write(bytes));
    } catch (error) {
      if (!isEnd(error)) throw error;
    }
  }

  /** Says that nothing more comes; an end by the server is no error. */
  async end(): Promise<void> {
    try {
      await this.#socket.closeWrite();
    } catch (error) {
      if (!isEnd(error) && !(error instanceof Deno.errors.NotConnected)) throw error;
    }
  }

  /** Reads until a text has come, or the server closes. */
  async readUntil(wanted: string): Promise<string> {
    const buffer = new Uint8Array(65_536);
    const decoder = new TextDecoder();
    while (!this.#text.includes(wanted)) {
      const count = await this.#socket.read(buffer).catch((error: unknown) => {
        if (isEnd(error)) return null;
        throw error;
      });
      if (count === null) break;
      this.#text += decoder.decode(buffer.subarray(0, count), { stream: true });
    }
    return this.#text;
  }

  /** Reads until the server closes. */
  async readAll(): Promise<RawAnswer> {
    await this.readUntil("\0no server sends this\0");
    const [head = "", ...rest] = this.#text.split("\r\n\r\n");
    const lines = head.split("\r\n").slice(1).map((line) => line.split(/: ?(.*)/));
    return {
      status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? 0),
      headers: Object.fromEntries(
        lines.map(([name = "", value = ""]) => [name.toLowerCase(), value]),
      ),
      body: rest.join("\r\n\r\n"),
    };
  }

  [Symbol.dispose](): void {
    if (!this.#isClosed) this.#socket.close();
    this.#isClosed = true;
  }
}

/** Sends one request and reads until the server closes. */
export async function rawRequest(port: number, content: string | Uint8Array): Promise<RawAnswer> {
  using connection = await RawConnection.open(port);
  await connection.write(content);
  return await connection.readAll();
}

function isEnd(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe;
}
