/**
 * A service that is brought into a situation, and somebody who asks why it makes no progress: real orchestrators on a real
 * broker, on a clock that moves when a test says so, seen from outside by what they announce and by what the broker says
 * of their groups.
 *
 * @module
 */

import { type Broker, type Handler, StreamProducer } from "../../mod.ts";
import { explained } from "../../src/cli/status/screen.ts";
import { takeSurvey } from "../../src/cli/status/survey.ts";
import { Orchestrator } from "../../src/orchestrator/orchestrator.ts";
import type { OrchestratorOptions } from "../../src/orchestrator/orchestrator_options.ts";
import type { ConsumerPlan } from "../../src/orchestrator/plan.ts";
import type { ConsumerFacts } from "../../src/telemetry/consumer_facts.ts";
import { explain } from "../../src/telemetry/explain.ts";
import type { Explanation } from "../../src/telemetry/explanation.ts";
import { encodeInstance } from "../../src/telemetry/instance_record.ts";
import { eventually } from "./eventually.ts";
import type { RedisServer } from "./redis_server.ts";
import type { Struck } from "./server_faults.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** How long what is announced here counts, in ms: longer than any test. */
const ANNOUNCED_MS = 60_000;

/** How often one asks in vain before the sentence that is there is told as a failure, in ms. */
const TOLD_MS_MAX = 6_000;

/** What stands for a part of a sentence that is different every time. */
const PATTERNS: Readonly<Record<string, string>> = {
  id: String.raw`\d+-\d+`,
  time: String.raw`\d+ (?:ms|s|min)`,
  when: String.raw`(?:now|in \d+ (?:ms|s|min))`,
  reason: "[\\w ]+",
  count: String.raw`[\d,]+`,
  moment: String.raw`\d{4}-\d\d-\d\dT\d\d:\d\dZ`,
};

/** A stream with a group, services that work for it, and an onlooker. */
export class ExplainedWorld implements AsyncDisposable {
  /** The services' time. */
  readonly clock = new VirtualClock(Date.now());
  /** From then on handlers do what they could not do before. */
  isMended = false;
  readonly #gate = Promise.withResolvers<void>();
  readonly #services: Orchestrator[] = [];

  /**
   * @param broker The services'.
   * @param given `observer`: the onlooker's; `redis`: the server and what lies between it and the services, if it is one;
   * `place`: the broker's URL; `open`: what is closed with the world.
   */
  constructor(
    readonly broker: Broker,
    readonly given: {
      readonly observer: Broker;
      readonly redis: Struck | null;
      readonly place: string;
      readonly open: AsyncDisposableStack;
    },
  ) {}

  /** The Redis server, and the proxy before it. */
  get redis(): Struck {
    if (this.given.redis === null) throw new Error("This situation needs a Redis server");
    return this.given.redis;
  }

  /** The Redis server. */
  get server(): RedisServer {
    return this.redis.server;
  }

  /** The service that was started first. */
  get service(): Orchestrator {
    const [first] = this.#services;
    if (first === undefined) throw new Error("No service was started");
    return first;
  }

  /** The service that was started last. */
  get newest(): Orchestrator {
    return this.#services.at(-1) ?? this.service;
  }

  /** What the process of ann knows of it, the first one of them; `null` when nobody runs it. */
  ann(): ConsumerFacts | null {
    const all = this.#services.flatMap((service) => service.facts());
    return all.find(isAnn) ?? null;
  }

  /** Does with an event what its data says. */
  readonly handler: Handler = async ({ data }, context) => {
    const cut = new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    if (data === "hold" || data === "invoice") await Promise.race([this.#gate.promise, cut]);
    if (data === "invoice") context.publish("invoices", { type: "invoice" });
    if (data === "drop") context.deadLetter("unwanted");
    if (data === "later" && !this.isMended) context.defer(60_000);
    if (data === "fail" && !this.isMended) throw new Error("the printer is on fire");
  };

  /** Lets the handlers end that hold on. */
  letGo(): void {
    this.#gate.resolve();
  }

  /**
   * Starts a service with a consumer, ann of billing of orders, and with a sibling that keeps it alive when ann is given up.
   *
   * @returns when both have begun.
   */
  async start(
    plan: Partial<ConsumerPlan> = {},
    options: Partial<OrchestratorOptions> = {},
  ): Promise<Orchestrator> {
    const { broker, handler, clock } = this;
    const place = { stream: "orders", group: "billing", consumer: "ann" };
    const ann = { ...place, handler, blockMs: 20, graceMs: 0, ...plan };
    const sibling = {
      ...ann,
      stream: "quiet",
      consumer: `sibling-${this.#services.length}`,
      createStream: true,
    };
    const service = new Orchestrator({
      broker,
      clock,
      supervision: { restartsMax: 2 },
      ...options,
      consumers: [ann, sibling],
    });
    this.#services.push(service);
    const started = service.start();
    started.catch(() => {}); // a start that fails is what some situations are about
    await eventually("it has begun", () => service.facts().length > 0);
    return service;
  }

  /** Publishes events, one for each of the data. A key goes before a colon. */
  async publish(...all: readonly string[]): Promise<void> {
    const producer = new StreamProducer({ broker: this.given.observer, stream: "orders" });
    await producer.publishMany(all.map((text) => {
      const [key, data] = text.includes(":") ? text.split(":") : [undefined, text];
      return { type: "order", data, ...(key === undefined ? {} : { key }) };
    }));
  }

  /** Moves the services' time. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /** Waits until something holds of the first service, while its time passes. */
  async until(what: string, holds: () => boolean | Promise<boolean>, stepMs = 0): Promise<void> {
    await eventually(what, async () => {
      if (stepMs > 0) await this.clock.advance(stepMs);
      return await holds();
    });
  }

  /** What the first service's own process says of ann, as where the broker cannot be asked. */
  fromInside(): string {
    const facts = this.ann();
    return facts === null ? "nothing" : lineOf(explain(facts));
  }

  /** What somebody outside is told of ann, or of the group when nobody runs it. */
  async fromOutside(): Promise<string> {
    const { observer } = this.given;
    for (const service of this.#services) {
      await observer.announce(service.instance, encodeInstance(recordOf(service)), ANNOUNCED_MS);
    }
    const selection = { stream: "orders", group: "billing" };
    const told = explained(await takeSurvey(observer, { selection, nowMs: Date.now() }));
    const ofAnn = this.#services.find((service) => service.facts().some(isAnn));
    const found = told.find(({ instance }) => instance === (ofAnn?.instance ?? null));
    return found === undefined ? "nothing" : lineOf(found.explanation);
  }

  /** Waits until the whole sentence is told. @param stepMs The services' time that passes between two looks. */
  async tells(
    sentence: string,
    { from, stepMs = 0 }: { readonly from: "inside" | "outside"; readonly stepMs?: number },
  ): Promise<void> {
    let said = "";
    const wanted = patternOf(sentence);
    const asks = async () => {
      if (stepMs > 0) await this.clock.advance(stepMs);
      said = from === "inside" ? this.fromInside() : await this.fromOutside();
      return wanted.test(said);
    };
    await eventually("it is told", asks, TOLD_MS_MAX).catch(() => {
      throw new Error(`Told "${said}"\ninstead "${sentence}"`);
    });
  }

  /** Ends a service as one that is killed: it says nothing more. */
  async forget(service: Orchestrator): Promise<void> {
    await this.#stop(service);
    this.#services.splice(this.#services.indexOf(service), 1);
    await this.given.observer.withdraw(service.instance);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.letGo();
    for (const service of this.#services) await this.#stop(service);
    await this.given.open[Symbol.asyncDispose]();
  }

  async #stop(service: Orchestrator): Promise<void> {
    let isOver = false;
    const stopped = service.stop({ now: true }).finally(() => isOver = true);
    service.finished.catch(() => {}); // some situations end by an error
    await this.until("it has stopped", () => isOver, 50);
    await stopped;
  }
}

function recordOf(service: Orchestrator): Parameters<typeof encodeInstance>[0] {
  return {
    instance: service.instance,
    host: null,
    pid: Deno.pid,
    version: "0",
    startedAtMs: 0,
    state: service.state,
    pressure: service.backpressure,
    consumers: service.facts(),
    consumersDropped: 0,
  };
}

function isAnn({ stream, consumer }: ConsumerFacts): boolean {
  return stream === "orders" && consumer === "ann";
}

function lineOf({ code, kind, text }: Explanation): string {
  return `${code} (${kind}): ${text}`;
}

/** A sentence with `{id}`, `{time}` and the like, as an expression for the whole of it. */
function patternOf(sentence: string): RegExp {
  const parts = sentence.split(/\{(\w+)\}/).map((part, index) =>
    index % 2 === 0 ? part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") : PATTERNS[part] ?? "(?!)"
  );
  return new RegExp(`^${parts.join("")}$`);
}
