/**
 * The items of `redis_streams.streams`: each by itself, and all of them beside each other.
 *
 * @module
 */

import type { StreamConfig } from "./config.ts";
import { consumerNames } from "./consumers.ts";
import { moduleUrl } from "./module_url.ts";
import { options } from "./options.ts";
import { type Pool, readPoolOf } from "./read_pool.ts";
import type { Section } from "./section.ts";
import { parseStart } from "./start.ts";

/** Each consumer has a connection of its own, and a server takes 10,000 of them (`maxclients` of redis.conf). */
const CONSUMERS_MAX = 1_000;

/** A thread takes about 8 MB and 14 ms to start (measured, Deno 2.9.6), so that more of them end in lack of memory. */
const THREADS_MAX = 1_000;

/** What the items are read with. */
export interface StreamsContext {
  /** The URL that relative modules are seen from. */
  readonly base: URL;
  /** What holds for an item that does not say it. */
  readonly pool: Pool;
  /** Whether there is something to run without any stream. */
  readonly mayBeEmpty: boolean;
}

/** Reads the list under `redis_streams`. */
export function readStreams(redisStreams: Section, context: StreamsContext): StreamConfig[] {
  const groups = new Map<string, Group>();
  const streams = redisStreams.list("streams", context).map((section) => {
    const stream = readStream(section, context);
    // A name that is missing or wrong was told already.
    if (section.isSound(options.streams.name) && section.isSound(options.streams.group)) {
      checkAgainstGroup(stream, { section, groups });
    }
    return stream;
  });
  const wanted = sumOf(streams, (stream) => stream.consumers);
  const threads = sumOf(
    streams.filter(({ mode }) => mode === "threads"),
    (stream) => stream.consumers * stream.workersMax,
  );
  if (wanted > CONSUMERS_MAX) {
    redisStreams.reject("streams", `has ${wanted} consumers, wanted at most ${CONSUMERS_MAX}`);
  }
  if (threads > THREADS_MAX) {
    const limit = `wanted at most ${THREADS_MAX} (consumers times workers_max)`;
    redisStreams.reject("streams", `may start ${threads} threads, ${limit}`);
  }
  return streams;
}

function readStream(section: Section, { base, pool }: StreamsContext): StreamConfig {
  const { streams } = options;
  const codec = section.requiredText(streams.codec);
  return {
    name: section.requiredText(streams.name),
    group: section.requiredText(streams.group),
    consumer: section.requiredText(streams.consumer),
    consumers: section.integer(streams.consumers),
    onFenced: section.choice(streams.onFenced),
    handler: moduleUrl(section.requiredText(streams.handler), base),
    start: parseStart(section.requiredText(streams.start)) ?? "beginning",
    order: section.choice(streams.order),
    ...readPoolOf(section, pool),
    codec: codec === "event" || codec === "fields" ? codec : { module: moduleUrl(codec, base) },
    handlerTimeoutMs: section.integer(streams.handlerTimeoutMs),
    createStream: section.flag(streams.createStream),
    onCheckpointLost: section.choice(streams.onCheckpointLost),
    onDataLoss: section.choice(streams.onDataLoss),
  };
}

/** What the items before have said of a group. */
interface Group {
  readonly order: StreamConfig["order"];
  readonly names: Set<string>;
}

/** Two consumers of a group must have two names that a broker takes, and one opinion about the order of keys. */
function checkAgainstGroup(
  stream: StreamConfig,
  { section, groups }: { readonly section: Section; readonly groups: Map<string, Group> },
): void {
  const { consumer, consumers, order } = options.streams;
  const key = JSON.stringify([stream.name, stream.group]);
  const group = groups.get(key) ?? { order: stream.order, names: new Set() };
  groups.set(key, group);
  if (section.isSound(consumer) && section.isSound(consumers)) {
    const names = consumerNames(stream);
    const taken = names.filter((name) => group.names.has(name)).length;
    for (const name of names) group.names.add(name);
    if (taken > 0) {
      section.conflict(consumer, "another name for each consumer of the group");
    } else if (!names.every(options.streams.consumer.accepts)) {
      const many = section.described(consumers);
      section.conflict(consumer, `a shorter name, to which a number is added (${many})`);
    }
  }
  if (section.isSound(order) && group.order !== stream.order) {
    section.conflict(order, "the same as the group's other consumers");
  }
}

function sumOf(
  streams: readonly StreamConfig[],
  count: (stream: StreamConfig) => number,
): number {
  return streams.reduce((sum, stream) => sum + count(stream), 0);
}
