/**
 * The books: every output of every group, read as it comes and entered into the group's ledger. What was entered is
 * trimmed from its stream, so that a long soak does not fill the broker.
 *
 * @module
 */

import { ENTRY_ID_ZERO, type EntryId } from "../../src/domain/entry_id.ts";
import type { StreamStore } from "../../src/ports/stream_store.ts";
import { type GroupPlan, GROUPS } from "./layout.ts";
import { type Findings, Ledger } from "./ledger.ts";
import type { View } from "./view.ts";

/** The most outputs of one look. */
const PAGE = 5_000;

/** Between two looks, in ms. */
const LOOK_MS = 250;

/** Between two trims, in ms. */
const TRIM_MS = 5_000;

/** What the books need. */
export interface BooksOptions {
  readonly view: View;
  /** Where outputs are trimmed. */
  readonly broker: StreamStore;
  /** How many events a stream has got. */
  readonly published: (stream: string) => number;
}

/** Keeps the ledgers of all groups. */
export class Books implements AsyncDisposable {
  readonly #options: BooksOptions;
  readonly #accounts: { readonly plan: GroupPlan; readonly ledger: Ledger; after: EntryId }[];
  #isOpen = true;
  readonly #keeping: Promise<void>;

  /** Begins to read. */
  constructor(options: BooksOptions) {
    this.#options = options;
    this.#accounts = GROUPS.map((plan) => ({ plan, ledger: new Ledger(), after: ENTRY_ID_ZERO }));
    this.#keeping = this.#keep();
  }

  /** How many outputs were seen. */
  get outputs(): number {
    return this.#accounts.reduce((sum, { ledger }) => sum + ledger.outputs, 0);
  }

  /** How many outputs are not there yet. */
  get missing(): number {
    const { published } = this.#options;
    return this.#accounts.reduce(
      (sum, { plan, ledger }) => sum + ledger.missing(published(plan.stream)),
      0,
    );
  }

  /** All that was published so far is gone with the broker's data; nothing may be published meanwhile. */
  forgive(): void {
    for (const account of this.#accounts) {
      account.ledger.forgive(this.#options.published(account.plan.stream));
      account.after = ENTRY_ID_ZERO;
    }
  }

  /** What is wrong, if nothing more will come. */
  findings(): ReadonlyMap<string, Findings> {
    return new Map(this.#accounts.map(({ plan, ledger }) => [
      plan.group,
      ledger.findings(this.#options.published(plan.stream)),
    ]));
  }

  /** Ends the reading. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOpen = false;
    await this.#keeping;
  }

  async #keep(): Promise<void> {
    let trimmedMs = performance.now();
    while (this.#isOpen) {
      try {
        await Promise.all(this.#accounts.map((account) => this.#read(account)));
        if (performance.now() - trimmedMs > TRIM_MS) {
          trimmedMs = performance.now();
          await Promise.all(
            this.#accounts.map(({ plan, after }) =>
              this.#options.broker.trim(plan.outputs, { beforeId: after })
            ),
          );
        }
      } catch {
        // A broker in trouble, which is what this is about: the next look comes.
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  async #read(account: { readonly plan: GroupPlan; readonly ledger: Ledger; after: EntryId }) {
    for (;;) {
      const { plan, after } = account;
      const seen = await this.#options.view.outputs(plan, after, PAGE);
      if (account.after !== after) return; // forgiven meanwhile
      for (const { id, number } of seen) {
        account.ledger.saw(number);
        account.after = id;
      }
      if (seen.length < PAGE) return;
    }
  }
}
