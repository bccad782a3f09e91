/**
 * The page: starts runs, lists the recent ones, and shows the one that the address names, `#run=ID`. So a reload, or a
 * link that somebody was sent, shows the same run, from its beginning.
 *
 * @module
 */

import { element, EventList } from "./event_list.js";
import { ask, eventNumber, FollowedRun } from "./followed_run.js";
import { Picture } from "./picture.js";

/** How often the recent runs are asked for while somebody looks, in ms. */
const RECENT_MS = 5_000;
const RECENT_MAX = 8;

const at = (id) => document.getElementById(id);
const events = new EventList(at("events"));
const picture = new Picture(at("picture"));

/** What is shown now: the run's id, who follows it, and the number of the newest event seen. */
let shown = { id: null, followed: null, seen: 0 };

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return await ask(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Shows the run of the address. */
function show() {
  const id = new URLSearchParams(location.hash.slice(1)).get("run");
  if (id === shown.id) return;
  shown.followed?.close();
  shown = { id, followed: null, seen: 0 };
  at("welcome").hidden = id !== null;
  at("run").hidden = id === null;
  markRecent();
  if (id === null) return;
  events.clear();
  picture.clear();
  at("title").textContent = shortId(id);
  at("title").title = id;
  at("summary").textContent = "";
  at("notice").textContent = "";
  at("cancel").disabled = true;
  showStatus("", "");
  shown.followed = new FollowedRun(id, {
    state(name, text) {
      at("connection").textContent = text;
      at("connection").dataset.state = name;
      if (name === "live") describe();
    },
    event(event) {
      shown.seen = eventNumber(event.id);
      events.add(event);
      picture.take(event);
    },
    gap(gap) {
      shown.seen = eventNumber(gap.until_id);
      at("notice").textContent = `${events.addGap(gap)}: the run no longer keeps them.`;
    },
    end(end) {
      events.addEnd(end);
      showStatus(end.status, end.reason);
      describe();
    },
  });
}

/** Asks what is known of the run beside its events. What fails here is tried again with the next connection. */
async function describe() {
  const { id } = shown;
  const run = await ask(`/runs/${encodeURIComponent(id)}`).catch(() => null);
  if (run === null || id !== shown.id) return;
  at("title").textContent = `${run.kind} ${shortId(id)}`;
  showStatus(run.status, run.reason);
  const since = new Date(run.started_at).toLocaleString();
  const hasEnded = run.status !== "running";
  at("summary").textContent = `Started ${since}${hasEnded ? `, ${run.event_count} events` : ""}`;
  // The last one is the event of the end. A process that dies may have shown more than it had stored.
  const lost = hasEnded ? shown.seen - (run.event_count - 1) : 0;
  if (lost > 0) {
    at("notice").textContent =
      `The last ${lost} of the events below were not stored before the service died; a reload does not show them.`;
  }
  recent();
}

function showStatus(status, reason) {
  const word = status.slice(0, 1).toUpperCase() + status.slice(1);
  at("status").textContent = reason ? `${word}: ${reason}` : word;
  at("status").dataset.status = status;
  at("status").hidden = status === "";
  at("cancel").disabled = status !== "running";
}

async function recent() {
  const { runs } = await ask(`/runs?limit=${RECENT_MAX}`).catch(() => ({ runs: null }));
  // The list as it was is better than none.
  if (runs === null) return;
  at("none").hidden = runs.length > 0;
  const items = new Map([...at("recent").children].map((item) => [item.dataset.run, item]));
  at("recent").replaceChildren(...runs.map((run) => {
    // The same element stays, so that the focus does.
    const item = items.get(run.id) ?? recentItem(run);
    const status = item.querySelector(".status");
    status.textContent = run.status;
    status.dataset.status = run.status;
    return item;
  }));
  markRecent();
}

function recentItem({ id, started_at }) {
  const item = element("li");
  item.dataset.run = id;
  const link = element("a");
  link.href = `#run=${encodeURIComponent(id)}`;
  const started = new Date(started_at).toLocaleTimeString(undefined, { timeStyle: "medium" });
  link.append(element("span", { text: started }), element("span", { className: "status" }));
  item.append(link);
  return item;
}

function markRecent() {
  for (const item of at("recent").children) {
    item.firstElementChild.setAttribute("aria-current", String(item.dataset.run === shown.id));
  }
}

function shortId(id) {
  return id.length > 12 ? id.slice(0, 8) : id;
}

at("start").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { place, speed } = Object.fromEntries(new FormData(event.target));
  const button = event.target.querySelector("button");
  button.disabled = true;
  at("failure").textContent = "";
  try {
    const input = { place, speed: Number(speed) };
    const { id } = await post("/runs", { kind: "mandelbrot", input });
    location.hash = `run=${encodeURIComponent(id)}`;
  } catch (error) {
    at("failure").textContent = error.message;
  }
  button.disabled = false;
});

at("cancel").addEventListener("click", async () => {
  at("cancel").disabled = true;
  try {
    await post(`/runs/${encodeURIComponent(shown.id)}/cancel`, { reason: "cancelled on the page" });
  } catch (error) {
    at("notice").textContent = `It could not be cancelled: ${error.message}`;
    at("cancel").disabled = false;
  }
});

addEventListener("hashchange", show);
setInterval(() => document.hidden || recent(), RECENT_MS);
show();
recent();
