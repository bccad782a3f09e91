/**
 * The Redis broker: Redis Streams behind the broker port. The only folder that knows ioredis.
 *
 * @module
 */

import { AccessDeniedError, BrokerUnsupportedError, ClosedError } from "../../domain/errors.ts";
import type { Broker } from "../../ports/broker.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { Membership } from "../../ports/consumer_store.ts";
import type { JournalWatch } from "../../ports/journal_watch.ts";
import { systemRandom } from "../../ports/random.ts";
import { JournalTail } from "../journal_tail.ts";
import { BlockingReader } from "./blocking_reader.ts";
import { committing } from "./committing.ts";
import { type ConnectionSettings, RedisConnection } from "./connection.ts";
import { groupStore } from "./groups.ts";
import { instanceStore } from "./instances.ts";
import { journalStore } from "./journals.ts";
import { RedisJournalNews } from "./journals_news.ts";
import { joining } from "./joining.ts";
import { leasing } from "./leasing.ts";
import { losses } from "./losses.ts";
import { reading } from "./reading.ts";
import { textOf } from "./replies.ts";
import { resetting } from "./resetting.ts";
import type { Session } from "./session.ts";
import { streamStore } from "./streams.ts";
import { parseRedisUrl, type RedisTls } from "./url.ts";

/** How to reach Redis. */
export interface RedisBrokerOptions {
  /** `redis://[user:password@]host[:port][/db]`, or `rediss://` for TLS. Never shown in an error. */
  readonly url: string;
  /** Certificates for `rediss://`. */
  readonly tls?: RedisTls;
  /** How long to try to connect, in ms; default 5,000. */
  readonly connectTimeoutMs?: number;
  /** How long a call may take, in ms; default 5,000. Above the longest pause that the server is given (T24). */
  readonly callTimeoutMs?: number;
  /** Ends the attempt to connect, as if its time was over. Later it means nothing. */
  readonly signal?: AbortSignal;
  /** Time; default that of this machine. */
  readonly clock?: Clock;
}

const TIMEOUT_MS_DEFAULT = 5_000;

/** The first version with `#!lua` scripts, XADD NOMKSTREAM beside XGROUP facts, and XSETID with counts. */
const MAJOR_VERSION_MIN = 7;

/**
 * Connects to Redis. While the server is down it tries on for `connectTimeoutMs`; once open, the broker reconnects for
 * ever by itself, and calls in the meantime reject at once.
 *
 * @throws {InvalidOptionError} When the URL is not one of Redis.
 * @throws {BrokerUnavailableError} When there is no connection in time.
 * @throws {AccessDeniedError} When user or password are refused.
 * @throws {BrokerUnsupportedError} When the server is older than 7.0.
 */
export async function openRedisBroker(options: RedisBrokerOptions): Promise<Broker> {
  const settings: ConnectionSettings = {
    address: parseRedisUrl(options.url),
    tls: options.tls ?? {},
    connectTimeoutMs: options.connectTimeoutMs ?? TIMEOUT_MS_DEFAULT,
    callTimeoutMs: options.callTimeoutMs ?? TIMEOUT_MS_DEFAULT,
    clock: options.clock ?? systemClock,
  };
  const { signal } = options;
  const commands = new RedisConnection(settings);
  try {
    await commands.whenReady({
      withinMs: signal?.aborted ? 0 : settings.connectTimeoutMs,
      patient: true,
      ...(signal === undefined ? {} : { signal }),
    });
    await checkVersion(commands);
  } catch (error) {
    await commands.close();
    throw error;
  }
  return brokerOver({ commands, settings, random: systemRandom });
}

function brokerOver(session: Session): Broker {
  const readers = new Map<string, BlockingReader>();
  const watches = new Set<JournalWatch>();
  const journals = journalStore(session);
  let closed = false;

  function readerOf(membership: Membership): BlockingReader {
    if (closed) throw new ClosedError("the Redis broker");
    const name = readerName(membership);
    let reader = readers.get(name);
    if (reader === undefined) {
      reader = new BlockingReader(session.settings);
      readers.set(name, reader);
    }
    return reader;
  }

  return {
    kind: "redis",
    location: session.settings.address.location,
    ...streamStore(session),
    ...groupStore(session),
    ...resetting(session),
    ...instanceStore(session),
    ...journals,
    ...joining(session),
    ...reading(session, readerOf),
    ...leasing(session),
    ...losses(session),
    ...committing(session),

    watchJournals(options) {
      if (closed) throw new ClosedError("the Redis broker");
      const source = new RedisJournalNews(session, journals.readJournal);
      const { random, settings: { clock } } = session;
      const onClosed = () => watches.delete(watch);
      const watch = new JournalTail(source, options, { clock, random, onClosed });
      watches.add(watch);
      return watch;
    },

    async leave(membership) {
      const name = readerName(membership);
      // Kept until it is closed: who waits only for the broker's end waits for this too.
      const reader = readers.get(name);
      await reader?.close();
      if (readers.get(name) === reader) readers.delete(name);
    },

    async [Symbol.asyncDispose]() {
      closed = true;
      await session.commands.close();
      await Promise.all([
        ...Array.from(watches, (watch) => watch[Symbol.asyncDispose]()),
        ...Array.from(readers.values(), (reader) => reader.close()),
      ]);
      readers.clear();
    },
  };
}

/** Two processes in one program may share a consumer's name for a moment; their tickets differ. */
function readerName(membership: Membership): string {
  const { stream, group, consumer, ticket } = membership;
  return JSON.stringify([stream, group, consumer, ticket]);
}

/** Asks for the server's version; a user who may not ask is believed. */
async function checkVersion(commands: RedisConnection): Promise<void> {
  let info: string;
  try {
    const context = { action: "read the server's version", reads: true };
    info = textOf(await commands.call("INFO", ["server"], context));
  } catch (error) {
    if (error instanceof AccessDeniedError && error.reason === "NOPERM") return;
    throw error;
  }
  const version = /redis_version:(\d+)\.(\S+)/.exec(info);
  if (version === null || Number(version[1]) >= MAJOR_VERSION_MIN) return;
  throw new BrokerUnsupportedError(
    `Cannot use this Redis: its version is ${version[1]}.${version[2]}, wanted 7.0 or newer`,
  );
}
