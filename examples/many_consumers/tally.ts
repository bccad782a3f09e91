/**
 * The handler of the group "tally": counts in a table of its own what the other groups have handled, and prints it when
 * all is done. The table changes in the commit of the event, so no crash falsifies the count.
 *
 * @module
 */

import { defineHandler } from "@tidemark/tidemark";

/** What comes of 60 clicks and 20 purchases. */
const HANDLED = 60 + 60 + 20 + 20 + 20;

const CREATE = "CREATE TABLE IF NOT EXISTS tally (name TEXT PRIMARY KEY, events INTEGER)";
const ADD = "INSERT INTO tally VALUES (?, 1) ON CONFLICT DO UPDATE SET events = events + 1";

export default defineHandler(({ type }, ctx) => {
  ctx.database((transaction) => {
    transaction.run(CREATE);
    transaction.run(ADD, type);
    const rows = transaction.all("SELECT name, events FROM tally ORDER BY name");
    const sum = rows.reduce((total, { events }) => total + Number(events), 0);
    if (sum % HANDLED !== 0) return;
    for (const { name, events } of rows) console.log(`${name}: ${events}`);
  });
});
