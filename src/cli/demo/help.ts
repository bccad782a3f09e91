/**
 * What `tidemark demo --help` says.
 *
 * @module
 */

/** The text of `--help`. */
export const DEMO_HELP = `Usage: tidemark demo [--redis URL] [--json] [--inspect]

Shows exactly-once handling at work: publishes the history of this repository as events,
lets three processes handle them, ends one of them with kill -9 halfway, starts it again,
and counts afterwards, from the broker's data alone, what is missing, double or out of
order. Takes less than 20 seconds and leaves nothing behind.

Options:
  --redis URL  Use this Redis on this machine instead of the embedded SQLite file. The
               demo's streams have names of their own and are deleted at the end
  --inspect    Show it live at http://127.0.0.1:7070/inspector; events go on afterwards, until
               it is interrupted
  --json       Print the result as JSON; what happens is told on standard error
  -h, --help   Show this

Exit codes: 0 nothing missing, double or out of order; 1 otherwise; 2 wrong use.`;
