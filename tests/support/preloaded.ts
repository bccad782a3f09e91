/**
 * Loaded by `tests/run.ts` before each file of tests: where nothing else is asked for, a property begins from this seed,
 * so that the suite tries the same cases each time and is red only for a change. New cases are the work of
 * `deno task fuzz`, and of `deno test` called by hand, which take another seed each time.
 *
 * @module
 */

import fc from "fast-check";
import "./quiet_xstate.ts";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: 20_262 });
