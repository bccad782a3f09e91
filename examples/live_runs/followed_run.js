/**
 * Follows one run for as long as the page shows it: every event once and in order, through reloads, lost connections and
 * restarts of the service.
 *
 * EventSource reconnects by itself and tells the server the id of the last event that it got. That leaves four things to
 * do here: an answer that is no stream (a service that is starting, a full one) makes EventSource give up; a connection
 * can die without anybody noticing; a run that has ended is answered with 204, without saying how it ended; and the
 * device itself can go offline.
 *
 * @module
 */

/** Between two attempts of our own, in ms: soon at first, and never so often that it would press on a busy service. */
const RETRY_MS_MIN = 500;
const RETRY_MS_MAX = 8_000;

/** After such a silence the service is asked whether there is more, in ms. */
const SILENCE_MS_MAX = 20_000;

/** How long an answer may take, in ms; one that takes longer went to where nobody is any more. */
const ANSWER_MS_MAX = 10_000;

/** The number of an event in its run, from 1: the second half of its id. 0 for none. */
export function eventNumber(id) {
  return Number(id?.split("-")[1] ?? 0);
}

/** Asks the service. @returns Its JSON. @throws An Error with `status`: that of the answer, 0 for no answer. */
export async function ask(path, init) {
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  const answer = await fetch(path, { ...init, signal }).catch(() => null);
  if (answer === null) {
    throw Object.assign(new Error("The service cannot be reached"), { status: 0 });
  }
  const said = await answer.json().catch(() => null);
  if (answer.ok && said !== null) return said;
  const text = said?.detail ?? said?.title ?? `The service answered ${answer.status}`;
  throw Object.assign(new Error(text), { status: answer.status });
}

/**
 * One run that is followed.
 *
 * Its state goes from `connecting` to `live`, from there to `reconnecting` and back, and at last to `ended` or `missing`.
 */
export class FollowedRun {
  #id;
  #on;
  #source = null;
  #timer = 0;
  #lastId = null;
  #failures = 0;
  #isClosed = false;

  /**
   * Begins at the beginning.
   *
   * @param id The run.
   * @param on What to call: `state(name, text)`, `event({id, type, data, at})`, `gap({after_id, until_id, count})` and
   * `end({status, reason, last_id})`.
   */
  constructor(id, on) {
    this.#id = id;
    this.#on = on;
    addEventListener("online", this.#hurry);
    addEventListener("offline", this.#lose);
    on.state("connecting", "Connecting");
    this.#open();
  }

  /** Follows no more. */
  close() {
    this.#isClosed = true;
    this.#source?.close();
    clearTimeout(this.#timer);
    removeEventListener("online", this.#hurry);
    removeEventListener("offline", this.#lose);
  }

  get #path() {
    return `/runs/${encodeURIComponent(this.#id)}`;
  }

  #open() {
    this.#source?.close();
    const from = this.#lastId === null ? "" : `?last_event_id=${this.#lastId}`;
    const source = new EventSource(`${this.#path}/events/stream${from}`);
    this.#source = source;
    const listen = (name, take) =>
      source.addEventListener(name, (message) => {
        if (this.#source === source && !this.#isClosed) take(message);
      });
    listen("open", () => {
      this.#failures = 0;
      this.#on.state("live", "Live");
      this.#watch();
    });
    listen("message", ({ data }) => this.#take(JSON.parse(data), (event) => this.#on.event(event)));
    listen("gap", ({ data }) => this.#take(JSON.parse(data), (gap) => this.#on.gap(gap)));
    listen("end", ({ data }) => this.#end(JSON.parse(data)));
    listen("error", () => {
      this.#lose();
      // Otherwise it tries again by itself.
      if (source.readyState === EventSource.CLOSED) this.#inquire();
    });
  }

  /** Passes over what is known already. */
  #take(item, tell) {
    this.#watch();
    const id = item.id ?? item.until_id;
    if (eventNumber(id) <= eventNumber(this.#lastId)) return;
    this.#lastId = id;
    tell(item);
  }

  #end(end) {
    this.close();
    this.#on.end(end);
    this.#on.state("ended", end.status === "deleted" ? "The run was deleted" : "Ended");
  }

  /** A connection that is dead looks like one where nothing happens. */
  #watch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#inquire(), SILENCE_MS_MAX);
  }

  #lose = () => {
    clearTimeout(this.#timer);
    this.#on.state("reconnecting", navigator.onLine ? "Reconnecting" : "Offline, reconnecting");
    // Silence while it tries again by itself is no different from any other.
    this.#watch();
  };

  #hurry = () => {
    this.#failures = 0;
    this.#open();
  };

  /** Asks what has become of the run, and goes on from there. */
  async #inquire() {
    clearTimeout(this.#timer);
    const source = this.#source;
    const found = await ask(this.#path).catch((error) => error);
    // In the meantime it was closed, or has come back by itself.
    if (this.#isClosed || source !== this.#source) return;
    if (found instanceof Error) return this.#fail(found);
    const { status, reason, last_id } = found;
    const isBehind = eventNumber(last_id) > eventNumber(this.#lastId);
    if (status !== "running" && !isBehind) return this.#end({ status, reason, last_id });
    if (source.readyState === EventSource.OPEN && !isBehind) return this.#watch();
    this.#on.state("reconnecting", "Reconnecting");
    this.#later();
  }

  #fail({ status, message }) {
    if (status === 404 || status === 410) {
      this.close();
      return this.#on.state("missing", message);
    }
    this.#on.state("reconnecting", status === 0 ? "Reconnecting" : `Reconnecting: ${message}`);
    this.#later();
  }

  #later() {
    const waitMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#open(), waitMs);
  }
}
