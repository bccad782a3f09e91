/**
 * A whole service, 40 consumers in 5 groups of 3 streams, on a server that can be struck: what is published, what its
 * groups have made of it, how hard it knocks meanwhile, and what its log says.
 *
 * @module
 */

import { type Broker, StreamProducer } from "../../mod.ts";
import { ENTRY_ID_ZERO } from "../../src/domain/entry_id.ts";
import { openRedisBroker } from "../../src/brokers/redis/redis_broker.ts";
import { Orchestrator } from "../../src/orchestrator/orchestrator.ts";
import type { ConsumerPlan } from "../../src/orchestrator/plan.ts";
import type { LogFields } from "../../src/ports/log.ts";
import { CONSUMERS, consumersOf, GROUPS, keyOf, type Numbered, STREAMS } from "../soak/layout.ts";
import { type Findings, Ledger } from "../soak/ledger.ts";
import { openRecoveries } from "../soak/recoveries.ts";
import { openRedisView } from "../soak/redis_view.ts";
import { isFinished, type View } from "../soak/view.ts";
import { CountingProxy } from "../support/counting_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { type RedisServer, startRedisServer } from "../support/redis_server.ts";

/** So few that every consumer of a group gets some of a few events. */
const COUNT = 5;

/** One page of outputs. */
const PAGE = 1_000;

/** A line of the log. */
export interface Line {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** The service, and everything around it. */
export class FaultSetting implements AsyncDisposable {
  /** What its log says. */
  readonly lines: Line[] = [];
  readonly #published = new Map<string, number>(STREAMS.map((stream) => [stream, 0]));
  readonly #ledgers = GROUPS.map((plan) => ({ plan, ledger: new Ledger(), after: ENTRY_ID_ZERO }));
  readonly server: RedisServer;
  readonly proxy: CountingProxy;
  readonly #view: View;
  readonly #direct: Broker;
  readonly #open: AsyncDisposableStack;
  #publishing = Promise.resolve();

  private constructor(
    given: {
      readonly server: RedisServer;
      readonly proxy: CountingProxy;
      readonly view: View;
      readonly direct: Broker;
      readonly open: AsyncDisposableStack;
    },
  ) {
    this.server = given.server;
    this.proxy = given.proxy;
    this.#view = given.view;
    this.#direct = given.direct;
    this.#open = given.open;
  }

  /** Starts everything; every consumer reads. Lines of level `debug` are left out, as by default. */
  static async start(): Promise<FaultSetting> {
    await using stack = new AsyncDisposableStack();
    // With "always" nothing that was answered is lost with the process, however busy the disk is.
    const config = ["--appendfsync", "always"];
    const server = stack.use(await startRedisServer({ appendonly: true, config }));
    const proxy = stack.use(new CountingProxy(server.port));
    const direct = stack.use(await openRedisBroker({ url: server.url }));
    const view = stack.use(openRedisView(server.url));
    const broker = stack.use(await openRedisBroker({ url: proxy.url }));
    const setting = new FaultSetting({ server, proxy, view, direct, open: stack.move() });
    const log = {
      log: (level: string, message: string, fields: LogFields = {}) => {
        if (level !== "debug") setting.lines.push({ level, message, fields });
      },
    };
    const orchestrator = setting.#open.use(new Orchestrator({ broker, consumers: plans(), log }));
    await orchestrator.start();
    return setting;
  }

  /** Publishes the next so many events of every stream, each once and in order, whatever happens meanwhile. */
  publish(count: number): Promise<void> {
    const before = this.#publishing;
    const publishing = before.then(async () => {
      await Promise.all(STREAMS.map((stream) => this.#publishTo(stream, count)));
    });
    this.#publishing = publishing;
    return publishing;
  }

  async #publishTo(stream: string, count: number): Promise<void> {
    const first = this.#publishedIn(stream);
    this.#published.set(stream, first + count);
    const producer = new StreamProducer<Numbered>({ broker: this.#direct, stream });
    await producer.publishMany(Array.from({ length: count }, (_, at) => ({
      type: "numbered",
      key: keyOf(first + at),
      data: { number: first + at },
      idempotencyKey: String(first + at),
    })));
  }

  /** Waits until every group has finished all that was published. */
  async finished(): Promise<void> {
    await eventually("everything is finished", async () => {
      await this.#readOutputs();
      const open = this.#ledgers.some(({ plan, ledger }) =>
        ledger.missing(this.#publishedIn(plan.stream)) > 0
      );
      if (open) return false;
      const facts = await Promise.all(GROUPS.map((plan) => this.#view.group(plan)));
      return facts.every(isFinished);
    });
  }

  /** Publishes a little now and then until each of the 40 consumers has committed again. @returns after how long, in ms. */
  async recovered(): Promise<number> {
    const begun = performance.now();
    const recoveries = await openRecoveries(this.#view);
    await eventually("every consumer has committed again", async () => {
      await this.publish(2 * CONSUMERS);
      return (await recoveries.waiting()).length === 0;
    });
    return performance.now() - begun;
  }

  /** What was published so far is gone with the data of the server. */
  forgive(): void {
    for (const each of this.#ledgers) {
      each.ledger.forgive(this.#publishedIn(each.plan.stream));
      each.after = ENTRY_ID_ZERO;
    }
  }

  /** What every group has made of what was published, without the counts. */
  findings(): Record<string, Omit<Findings, "outputs" | "forgiven">> {
    return Object.fromEntries(this.#ledgers.map(({ plan, ledger }) => {
      const { lost, doubled, disordered } = ledger.findings(this.#publishedIn(plan.stream));
      return [plan.group, { lost, doubled, disordered }];
    }));
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }

  async #readOutputs(): Promise<void> {
    await Promise.all(this.#ledgers.map(async (each) => {
      for (;;) {
        const seen = await this.#view.outputs(each.plan, each.after, PAGE);
        for (const { id, number } of seen) {
          each.ledger.saw(number);
          each.after = id;
        }
        if (seen.length < PAGE) return;
      }
    }));
  }

  #publishedIn(stream: string): number {
    return this.#published.get(stream) ?? 0;
  }
}

/** What {@linkcode FaultSetting.findings} tells where nothing is wrong. */
export const NOTHING_WRONG: ReturnType<FaultSetting["findings"]> = Object.fromEntries(
  GROUPS.map(({ group }) => [group, { lost: [], doubled: [], disordered: [] }]),
);

function plans(): ConsumerPlan[] {
  return GROUPS.flatMap((plan) =>
    consumersOf(plan).map((consumer): ConsumerPlan => ({
      stream: plan.stream,
      group: plan.group,
      consumer,
      count: COUNT,
      handler: ({ key, data }, context) => {
        context.publish(plan.outputs, { type: "handled", data, key });
      },
    }))
  );
}
