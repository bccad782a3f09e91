/**
 * The page of the example `live_runs` in a browser: what its user does there, and what he sees.
 *
 * @module
 */

import type { Page } from "puppeteer-core";
import type { Chromium } from "./chromium.ts";

/** A row of the list of events. */
export interface ShownRow {
  /** `event`, `gap` or `end`. */
  readonly kind: string;
  /** The number of the event in its run. */
  readonly number: number;
  /** What the row says, but for its number and time. */
  readonly text: string;
}

/** What an expression for the browser begins with. */
const ROWS = `[...document.querySelectorAll("#events li")]`;

/** The page, opened. */
export class LiveRunsPage {
  /** For what is not here. */
  readonly page: Page;
  /** Errors of scripts and of the console, among them what the Content-Security-Policy has forbidden. */
  readonly faults: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.faults.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") this.faults.push(message.text());
    });
  }

  /** Opens it at an address, in a browser without a past. */
  static async open(chromium: Chromium, url: string): Promise<LiveRunsPage> {
    const opened = new LiveRunsPage(await chromium.newPage());
    await opened.page.goto(url);
    return opened;
  }

  /** Starts a run as a user does. @returns Its id, when the page follows it. */
  async start({ speed }: { readonly speed: "10" | "40" }): Promise<string> {
    await this.page.select("select[name=speed]", speed);
    await this.page.click("#start button");
    await this.becomes("live");
    return new URL(this.page.url()).hash.replace("#run=", "");
  }

  /** Waits until it says how it is connected. */
  async becomes(state: "live" | "reconnecting" | "ended" | "missing"): Promise<void> {
    await this.page.waitForSelector(`#connection[data-state="${state}"]`);
  }

  /** Waits until so many rows are shown. */
  async shows(rows: number): Promise<void> {
    await this.page.waitForFunction(`${ROWS}.length >= ${rows}`);
  }

  /** The rows now. */
  async rows(): Promise<ShownRow[]> {
    const expression = `${ROWS}.map((row) => ({
      kind: row.className,
      number: Number(row.dataset.number),
      text: [...row.children].slice(2).map((part) => part.textContent).join(" "),
    }))`;
    const rows: ShownRow[] = [];
    for (const row of asList(await this.page.evaluate(expression))) rows.push(row);
    return rows;
  }

  /** The numbers of the rows now. */
  async numbers(): Promise<number[]> {
    return (await this.rows()).map(({ number }) => number);
  }

  /** What a part of the page says now. */
  async text(selector: string): Promise<string> {
    return String(
      await this.page.evaluate(`document.querySelector(${JSON.stringify(selector)}).textContent`),
    );
  }
}

/** What an expression above gives. */
function asList(value: unknown): ShownRow[] {
  if (!Array.isArray(value)) throw new Error("The page gave no list");
  return value;
}

/** The numbers from 1 on, as many as a run has events: every one once, in order. */
export function numbersUpTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
