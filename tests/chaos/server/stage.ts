/**
 * Where a server fault happens: a server of its own, a working service in front of it, publishers who know what they
 * have published, and an operator who is always let in.
 *
 * @module
 */

import type { Redis } from "ioredis";
import { connect } from "../../../mod.ts";
import { groupPrefix } from "../../../src/brokers/redis/keys.ts";
import type { Broker } from "../../../src/ports/broker.ts";
import type { CheckpointStore } from "../../../src/ports/checkpoint_store.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { systemClock } from "../../../src/ports/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { type RedisServer, startRedisServer } from "../../support/redis_server.ts";
import { DEADLINES } from "../network/cell.ts";
import { type Layout, layoutsFor } from "../network/layout.ts";
import { closePlainClient, openPlainClient } from "../network/plain_client.ts";
import { PromiseWatch } from "../network/promises.ts";
import { FaultProxy } from "../network/proxy.ts";
import { Publisher } from "../network/publisher.ts";
import { StruckProcess } from "../network/struck_process.ts";
import { CommitWitness } from "../network/witness.ts";
import { Seeded } from "../seeded.ts";
import type { ServerRow } from "./row.ts";

/** The password of the service. Whoever reads the log must not find it. */
export const SECRET = "s3cret-of-app";

/** The names of the two processes, and so of their consumers. */
export const NAMES = ["one", "two"] as const;

/** A user beside the default one, which some rows shut out. */
export const OPERATOR: readonly string[] = ["--user", "root", "on", ">root", "~*", "&*", "+@all"];

/** Between two events of one stream, in ms. */
const EVERY_MS = 15;

/** A clock that somebody sets wrong. */
class WrongClock implements Clock {
  offsetMs = 0;

  nowMs(): number {
    return systemClock.nowMs() + this.offsetMs;
  }

  after(delayMs: number, callback: () => void): ReturnType<Clock["after"]> {
    return systemClock.after(delayMs, callback);
  }
}

/** Everything that a row can strike. */
export class ServerStage implements AsyncDisposable {
  readonly layouts: readonly Layout[] = layoutsFor("chaos");
  readonly clock = new WrongClock();
  readonly watch = new PromiseWatch(DEADLINES);
  readonly processes: StruckProcess[] = [];
  readonly publishers: Publisher[] = [];
  /** The way of the service to the server. */
  readonly proxy: FaultProxy;
  /** The way of everybody else, which can lead to another server. */
  readonly door: FaultProxy;
  readonly admin: Redis;
  /** The connection of the publishers. */
  readonly direct: Broker;
  readonly witness: CommitWitness;
  /** What a row opens for itself; it outlasts the service. */
  readonly owned: AsyncDisposableStack;
  readonly #publishing: AsyncDisposableStack;
  /** The server that has the data now. */
  server: RedisServer;
  /** Entries that an operator has skipped by a command. */
  skipped: readonly string[] = [];
  /** A separate checkpoint store, in a row that has one. */
  mirror: { readonly server: RedisServer; readonly store: CheckpointStore } | null = null;
  /** Ends what goes on while the fault lasts. */
  endRepeating: () => Promise<void> = () => Promise.resolve();

  private constructor(
    given: {
      readonly server: RedisServer;
      readonly proxy: FaultProxy;
      readonly door: FaultProxy;
      readonly direct: Broker;
      readonly owned: AsyncDisposableStack;
    },
    clients: AsyncDisposableStack,
  ) {
    this.direct = given.direct;
    this.server = given.server;
    this.proxy = given.proxy;
    this.door = given.door;
    this.owned = given.owned;
    this.#publishing = clients.use(new AsyncDisposableStack());
    this.admin = clients.adopt(openPlainClient(this.rootUrl), closePlainClient);
    this.witness = clients.use(new CommitWitness(this.rootUrl, this.layouts));
  }

  /** Starts a server and a service that works on it. */
  static async open(row: ServerRow, seed: number): Promise<ServerStage> {
    await using stack = new AsyncDisposableStack();
    const { appendonly = false, config = [] } = row.server ?? {};
    const server = stack.use(
      await startRedisServer({ appendonly, config: [...OPERATOR, ...config] }),
    );
    const pace = { lateMs: 0, random: new Seeded(seed) };
    const proxy = stack.use(await FaultProxy.start(server.port, pace));
    const door = stack.use(await FaultProxy.start(server.port, pace));
    const owned = stack.use(new AsyncDisposableStack());
    const clients = stack.use(new AsyncDisposableStack());
    const direct = clients.use(await connect(rootUrlOf(door)));
    const stage = new ServerStage({ server, proxy, door, direct, owned }, clients);
    await row.prepare?.(stage);
    if (row.asUser === true) {
      await stage.admin.call("ACL", "SETUSER", "app", "on", `>${SECRET}`, "~*", "&*", "+@all");
    }
    for (const name of NAMES) {
      const url = row.asUser === true
        ? stage.proxy.url.replace("//", `//app:${SECRET}@`)
        : stage.proxy.url;
      const broker = await connect(url);
      const { layouts, watch, clock } = stage;
      const plan = row.plan?.(stage) ?? {};
      stage.processes.push(
        clients.use(await StruckProcess.start({ name, broker, layouts, watch, clock, plan })),
      );
    }
    for (const { source: stream } of stage.layouts) {
      stage.publishers.push(
        stage.#publishing.use(
          new Publisher({
            owner: "direct",
            broker: direct,
            stream,
            everyMs: EVERY_MS,
            watch: stage.watch,
          }),
        ),
      );
    }
    const all = stack.move();
    stage.#dispose = () => all.disposeAsync();
    return stage;
  }

  #dispose: () => Promise<void> = () => Promise.resolve();

  /** The first stream, whose keys keep their order. */
  get first(): Layout {
    const [first] = this.layouts;
    if (first === undefined) throw new Error("Cannot strike: there is no stream");
    return first;
  }

  /** What the operator and the publishers connect to. */
  get rootUrl(): string {
    return rootUrlOf(this.door);
  }

  /** The key of a group's checkpoint. */
  checkpointKey({ source, group }: Layout): string {
    return `${groupPrefix(source, group)}:checkpoint`;
  }

  /** Nobody publishes any more. @returns when nothing is under way. */
  async hold(): Promise<void> {
    await Promise.all(this.publishers.map((publisher) => publisher.hold()));
  }

  /** Publishing goes on. */
  go(): void {
    for (const publisher of this.publishers) publisher.go();
  }

  /** Ends the publishing. */
  async endPublishing(): Promise<void> {
    await this.#publishing.disposeAsync();
  }

  /** Does something again and again until {@linkcode ServerStage.endRepeating}. */
  repeat(everyMs: number, act: () => Promise<unknown>): void {
    let isOpen = true;
    const running = (async () => {
      while (isOpen) {
        await act();
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    })();
    this.endRepeating = async () => {
      isOpen = false;
      await running;
    };
  }

  /** Waits until something holds. @throws when it does not within a time in which it always should. */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    await eventually("the stage is set", holds);
  }

  /** Everybody is led to another server; old connections are cut. */
  lead(server: RedisServer): void {
    this.server = server;
    for (const way of [this.proxy, this.door]) {
      way.retarget(server.port);
      way.cut();
    }
  }

  /** Ends everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.endRepeating();
    await this.#dispose();
  }
}

function rootUrlOf({ url }: FaultProxy): string {
  return url.replace("//", "//root:root@");
}
