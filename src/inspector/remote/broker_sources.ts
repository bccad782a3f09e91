/**
 * All processes that work with a broker: those that have announced themselves, and any of those that let others follow.
 *
 * @module
 */

import type { JournalList, JournalStore } from "../../ports/journal_store.ts";
import type { AnnouncedInstance, InstanceStore } from "../../ports/instance_store.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import { type Log, silentLog } from "../../ports/log.ts";
import { type Random, systemRandom } from "../../ports/random.ts";
import { checkName } from "../../domain/names.ts";
import { InvalidNameError } from "../../domain/errors.ts";
import { decodeInstance } from "../../telemetry/instance_record.ts";
import type { InspectionSource, InspectionSources, InstanceLine } from "../source.ts";
import { decodeDesk } from "./desk_record.ts";
import { DESK_SPACE, deskOf } from "./inspection_journals.ts";
import { RemoteSource } from "./remote_source.ts";
import { RemoteWatch } from "./remote_watch.ts";

/** What is needed to look at processes elsewhere. */
export interface BrokerSourcesOptions {
  /** The broker that they share. It is not closed with the sources. */
  readonly broker: JournalStore & InstanceStore;
  /** This process, which is looked at without the broker. */
  readonly here?: InspectionSource;
  /** Time. Default: this machine's. */
  readonly clock?: Clock;
  /** Chance. Default: this machine's. */
  readonly random?: Random;
  /** Where it is said what cannot be followed for now. Default: nowhere. */
  readonly log?: Log;
}

/** Processes by name. */
export interface BrokerSources extends InspectionSources, AsyncDisposable {
  /** Looks at none any more; whoever follows one is told its end. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Desks of one page of a list. */
const PAGE = 1_000;

/** Ten thousand processes: no list of theirs is of use to anybody. */
const PAGES_MAX = 10;

/**
 * Looks at the processes that work with a broker. Nothing happens before something is asked.
 *
 * @param options The broker, and this process.
 * @returns The processes; to be disposed before the broker.
 */
export function brokerSources(options: BrokerSourcesOptions): BrokerSources {
  return new SharedBroker(options);
}

class SharedBroker implements BrokerSources {
  readonly #broker: JournalStore & InstanceStore;
  readonly #here: InspectionSource | null;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #log: Log;
  readonly #watch: RemoteWatch;
  readonly #beganAtMs: number;
  readonly #sources = new Map<string, RemoteSource>();
  #isClosed = false;

  constructor(options: BrokerSourcesOptions) {
    this.#broker = options.broker;
    this.#here = options.here ?? null;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? systemRandom;
    this.#log = options.log ?? silentLog;
    this.#watch = new RemoteWatch(options.broker, this.#log);
    this.#beganAtMs = this.#clock.nowMs();
  }

  async list(): Promise<readonly InstanceLine[]> {
    const [announced, desks] = await Promise.all([this.#broker.listInstances(), this.#desks()]);
    const here = this.#here?.instance;
    const startedAtMs = (each: AnnouncedInstance) => {
      const decoded = decodeInstance(each.text);
      if (decoded.kind === "record") return decoded.record.startedAtMs;
      return desks.get(each.instance) ?? null;
    };
    const own = announced.find(({ instance }) => instance === here);
    const first = here === undefined ? [] : [{
      instance: here,
      startedAtMs: (own && startedAtMs(own)) ?? this.#beganAtMs,
      isHere: true,
      canBeFollowed: true,
    }];
    const others = announced.flatMap((each) => {
      const { instance } = each;
      const atMs = startedAtMs(each);
      if (instance === here || atMs === null) return [];
      return [{
        instance,
        startedAtMs: atMs,
        isHere: false,
        canBeFollowed: desks.has(instance),
      }];
    });
    return [...first, ...others];
  }

  async open(instance: string): Promise<InspectionSource | null> {
    if (instance === this.#here?.instance) return this.#here;
    if (!isName(instance)) return null;
    const snapshot = await this.#broker.loadJournal(deskOf(instance));
    const desk = snapshot === null ? null : decodeDesk(snapshot.state);
    const known = this.#sources.get(instance);
    // A desk that was deleted is soon made again; whoever follows finds out whether the process is gone.
    const isSame = desk === null || desk.life === known?.life;
    if (known !== undefined && isSame && !known.isOver) return known;
    this.#sources.delete(instance);
    known?.[Symbol.dispose]();
    if (desk === null || this.#isClosed) return null;
    const source = new RemoteSource({
      broker: this.#broker,
      instance,
      life: desk.life,
      watch: this.#watch,
      clock: this.#clock,
      random: this.#random,
      log: this.#log,
    });
    this.#sources.set(instance, source);
    return source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const source of this.#sources.values()) source[Symbol.dispose]();
    this.#sources.clear();
    await this.#watch[Symbol.asyncDispose]();
  }

  /** When each desk was made, in ms since 1970, by the name of its process. */
  async #desks(): Promise<Map<string, number>> {
    const desks = new Map<string, number>();
    let after: string | null = null;
    for (let pages = 0; pages < PAGES_MAX; pages++) {
      const page: JournalList = await this.#broker.listJournals(DESK_SPACE, {
        limit: PAGE,
        newestFirst: true,
        ...(after === null ? {} : { after }),
      });
      for (const { journal, state, createdAtMs } of page.journals) {
        if (decodeDesk(state) !== null) desks.set(journal.name, createdAtMs);
      }
      after = page.next;
      if (after === null) break;
    }
    return desks;
  }
}

/** A name from outside can be anything. */
function isName(instance: string): boolean {
  try {
    checkName("instance", instance);
    return true;
  } catch (error) {
    if (error instanceof InvalidNameError) return false;
    throw error;
  }
}
