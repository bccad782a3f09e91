/**
 * Where a demo takes place: streams with names that nobody else has, on the embedded broker in a folder of our own or on
 * a Redis of this machine. Nothing of it is left at the end.
 *
 * @module
 */

import { BrokerUnavailableError } from "../../domain/errors.ts";
import { deadLetterStream } from "../../domain/names.ts";
import type { Broker } from "../../ports/broker.ts";
import { connect } from "../../service/connect.ts";
import { UsageError } from "../command.ts";
import { writeNote } from "../terminal.ts";

/** Below the current folder, because the demo may write nowhere else. */
const FOLDER = ".tidemark-demo";

/** What SQLite keeps beside a file while it is open. */
const FILE_ENDS = ["", "-wal", "-shm", "-journal"];

const REDIS_PORT_DEFAULT = 6379;

/** Redis does not answer: told in one line, exit code 1. */
export class RedisAwayError extends Error {
  override readonly name = "RedisAwayError";
}

/** Where everything is. */
export class Place implements AsyncDisposable {
  /** The broker's URL. May hold a password. */
  readonly url: string;
  /** What a consumer's process may do, as flags of Deno. */
  readonly consumerPermissions: readonly string[];
  /** Where the events are. */
  readonly stream: string;
  /** Where the outputs go; in the same cluster slot. */
  readonly outputs: string;
  /** The consumers' group. */
  readonly group: string = "demo";
  /** Open until the end. */
  readonly broker: Broker;
  readonly #file: string | null;

  private constructor(
    given: {
      readonly url: string;
      readonly broker: Broker;
      readonly suffix: string;
      readonly permissions: readonly string[];
      readonly file: string | null;
    },
  ) {
    this.url = given.url;
    this.broker = given.broker;
    this.consumerPermissions = given.permissions;
    this.stream = `{tidemark-demo-${given.suffix}}:events`;
    this.outputs = `{tidemark-demo-${given.suffix}}:outputs`;
    this.#file = given.file;
  }

  /**
   * Opens a place.
   *
   * @param redisUrl Default: the embedded broker.
   * @throws {UsageError} When the URL is none of Redis, or this process may not use that host.
   * @throws {RedisAwayError} When Redis cannot be reached.
   */
  static async open(redisUrl: string | undefined): Promise<Place> {
    const suffix = crypto.randomUUID().slice(0, 8);
    if (redisUrl === undefined) return await Place.#openFile(suffix);
    const host = await permittedHost(redisUrl);
    const broker = await connectTo(redisUrl, host);
    const permissions = [`--allow-net=${host}`];
    return new Place({ url: redisUrl, broker, suffix, permissions, file: null });
  }

  static async #openFile(suffix: string): Promise<Place> {
    await Deno.mkdir(FOLDER, { recursive: true });
    const file = `${FOLDER}/${suffix}.db`;
    try {
      const url = `sqlite:${file}`;
      const broker = await connect(url);
      const permissions = [`--allow-read=${file}`, `--allow-write=${file}`];
      return new Place({ url, broker, suffix, permissions, file });
    } catch (error) {
      await removeFile(file);
      throw error;
    }
  }

  /** Deletes the streams and the file, and closes the broker. The consumers must have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#file === null) await this.#deleteStreams();
    await this.broker[Symbol.asyncDispose]();
    if (this.#file !== null) await removeFile(this.#file);
  }

  async #deleteStreams(): Promise<void> {
    try {
      for (const stream of [this.stream, this.outputs, deadLetterStream(this.stream)]) {
        await this.broker.deleteStream(stream);
      }
    } catch (error) {
      // Whatever went wrong before is more important than this.
      const reason = error instanceof Error ? error.message : String(error);
      writeNote(`Cannot clean up, delete "${this.stream}" and "${this.outputs}": ${reason}`);
    }
  }
}

async function connectTo(redisUrl: string, host: string): Promise<Broker> {
  try {
    return await connect(redisUrl);
  } catch (error) {
    if (!(error instanceof BrokerUnavailableError)) throw error;
    throw new RedisAwayError(
      `Cannot reach Redis at ${host} (${error.reason}): start it, or leave out --redis`,
      { cause: error },
    );
  }
}

async function removeFile(file: string): Promise<void> {
  for (const end of FILE_ENDS) {
    await Deno.remove(`${file}${end}`).catch(ignore(Deno.errors.NotFound));
  }
  // Another demo may be at work in the same folder: it then stays, and the other one removes it.
  await Deno.remove(FOLDER).catch(ignore(Error));
}

/** The host and port of a URL of Redis, when this process may use it. Shows nothing of the URL but these. */
async function permittedHost(redisUrl: string): Promise<string> {
  const url = /^rediss?:\/\//i.test(redisUrl) && URL.canParse(redisUrl) ? new URL(redisUrl) : null;
  if (url === null || url.hostname === "") {
    throw new UsageError("Cannot use --redis: wanted a URL such as redis://127.0.0.1:6379");
  }
  const host = `${url.hostname}:${url.port || REDIS_PORT_DEFAULT}`;
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state === "granted") return host;
  throw new UsageError(
    `Cannot use Redis at ${host}: the demo may only use this machine, wanted 127.0.0.1 or localhost`,
  );
}

function ignore(kind: new (...args: never[]) => Error): (error: unknown) => void {
  return (error) => {
    if (!(error instanceof kind)) throw error;
  };
}
