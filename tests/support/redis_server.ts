/**
 * A redis-server of one's own: own port, own folder, gone at the end of the block. Tests that share
 * a server see each other's keys, and no test may stop a server that another one uses.
 *
 * @module
 */

/** How long a server may take until it answers: 10 s, because a loaded CI machine is slow. */
const startMsMax = 10_000;

/** Time between two attempts to reach a starting server. Short: it usually answers after 20 ms. */
const pollMs = 5;

/** Ports to try. Another process may take a free port before redis-server binds it. */
const portsMax = 5;

/** Signals after which a process goes on living. All others end a redis-server. */
const survivedSignals: readonly Deno.Signal[] = ["SIGSTOP", "SIGCONT"];

/** How to start a server. */
export interface RedisServerOptions {
  /** Keep an append-only file, so that data outlives a restart. Default: `false`. */
  appendonly?: boolean;
  /** More arguments of redis-server, such as `["--maxmemory", "10mb"]`; they win over ours. */
  config?: string[];
  /** The port on 127.0.0.1. Default: a free one. */
  port?: number;
  /** An existing folder, which then is the caller's to remove. Default: a new temporary one. */
  dir?: string;
}

/** A running redis-server. */
export class RedisServer implements AsyncDisposable {
  /** The port on 127.0.0.1. */
  readonly port: number;
  /** The folder with its log (`redis.log`) and its append-only file. */
  readonly dir: string;
  readonly #args: string[];
  readonly #ownsDir: boolean;
  #process: Deno.ChildProcess | undefined;
  #pid = 0;

  /** Use {@link startRedisServer}. */
  constructor(place: { port: number; dir: string; ownsDir: boolean; args: string[] }) {
    this.port = place.port;
    this.dir = place.dir;
    this.#ownsDir = place.ownsDir;
    this.#args = place.args;
  }

  /** What a client connects to. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** The process id of the newest process; it has ended after `kill`. */
  get pid(): number {
    return this.#pid;
  }

  /**
   * Starts the process and waits until it answers PING.
   *
   * @throws {Error} When it is not installed, ends at once, or does not answer in time; with its log.
   */
  async start(): Promise<void> {
    const process = spawn(this.#args);
    this.#process = process;
    this.#pid = process.pid;
    let ended = false;
    process.status.then(() => ended = true);
    const deadline = Date.now() + startMsMax;
    while (!(await answersPing(this))) {
      const late = Date.now() > deadline;
      if (ended || late) {
        await this.kill("SIGKILL");
        throw new Error(
          `Cannot start redis-server on port ${this.port}: it ${
            ended ? "ended" : `did not answer in ${startMsMax} ms`
          }, its log says:\n${await readLog(this.dir)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  }

  /**
   * Sends a signal. Idempotent: does nothing when the process has ended.
   *
   * @param signal Default: SIGTERM, which lets the server write its file.
   * @returns When the process has ended; for SIGSTOP and SIGCONT, when the signal was sent.
   */
  async kill(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    try {
      process.kill(signal);
    } catch (error) {
      // It ended by itself.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
    if (survivedSignals.includes(signal)) return;
    this.#process = undefined;
    await process.status;
  }

  /** Ends the process, unless `kill` did, and starts it on the same port and folder. */
  async restart(): Promise<void> {
    // A stopped process would never see the SIGTERM.
    await this.kill("SIGCONT");
    await this.kill("SIGTERM");
    await this.start();
  }

  /** Ends the process and removes its folder, if it was made here. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill("SIGKILL");
    if (this.#ownsDir) await Deno.remove(this.dir, { recursive: true }).catch(ignoreNotFound);
  }
}

/**
 * Starts a redis-server that keeps nothing on disk unless told to.
 *
 * @param options How to start it.
 * @returns The server, which answers. Use it with `await using`.
 * @throws {Error} When it is not installed (never a skip), or does not start.
 *
 * @example
 * ```ts ignore
 * await using server = await startRedisServer({ appendonly: true });
 * const redis = new Redis(server.url);
 * ```
 */
export async function startRedisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  for (let attempt = 1;; attempt++) {
    const port = options.port ?? freePort();
    const dir = options.dir ?? await Deno.makeTempDir({ prefix: "redis-" });
    const args = [
      ...["--port", String(port)],
      ...["--bind", "127.0.0.1"],
      ...["--dir", dir],
      ...["--logfile", "redis.log"],
      ...["--save", ""],
      ...["--appendonly", options.appendonly ? "yes" : "no"],
      ...options.config ?? [],
    ];
    const server = new RedisServer({ port, dir, ownsDir: options.dir === undefined, args });
    try {
      await server.start();
      return server;
    } catch (error) {
      const portWasTaken = error instanceof Error && error.message.includes("in use");
      await server[Symbol.asyncDispose]();
      if (!portWasTaken || options.port !== undefined || attempt === portsMax) throw error;
    }
  }
}

/** A port that is free now. The system hands them out in turn, so a neighbour gets another one. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

function spawn(args: string[]): Deno.ChildProcess {
  try {
    return new Deno.Command("redis-server", { args, stdout: "null", stderr: "null" }).spawn();
  } catch (cause) {
    const missing = cause instanceof Deno.errors.NotFound ||
      cause instanceof Deno.errors.NotCapable;
    if (!missing) throw cause;
    throw new Error(
      "Cannot start redis-server: it is not on the PATH or --allow-run=redis-server is missing, " +
        'install it or use "deno task test", which does both',
      { cause },
    );
  }
}

/**
 * Whether that process answers PING on the port. A server that still loads its file does not; another
 * server that holds the port has another process id. One that wants a password counts as answering.
 */
async function answersPing(place: { port: number; pid: number }): Promise<boolean> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: place.port });
    await connection.write(new TextEncoder().encode("PING\r\nINFO server\r\n"));
    const buffer = new Uint8Array(4_096);
    const size = await connection.read(buffer) ?? 0;
    const reply = new TextDecoder().decode(buffer.subarray(0, size));
    if (reply.startsWith("-NOAUTH")) return true;
    return reply.startsWith("+PONG") && reply.includes(`process_id:${place.pid}\r\n`);
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    if (error instanceof Deno.errors.ConnectionReset) return false;
    throw error;
  }
}

async function readLog(dir: string): Promise<string> {
  try {
    return await Deno.readTextFile(`${dir}/redis.log`);
  } catch (error) {
    ignoreNotFound(error);
    return "(nothing: the arguments were refused)";
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
