/**
 * Appending: one plain entry by XADD, everything else by a script that is all or nothing.
 *
 * @module
 */

import { EntryIdNotIncreasingError, InvalidOptionError } from "../../domain/errors.ts";
import { checkName } from "../../domain/names.ts";
import type { AppendEntry, AppendOptions, AppendResult } from "../../ports/stream_store.ts";
import { type Argument, argumentOf } from "./connection.ts";
import { isReplyError } from "./errors.ts";
import { idempotencyKey, incarnationKey } from "./keys.ts";
import { idOf, listOf, textOf } from "./replies.ts";
import { APPEND } from "./scripts/streams.lua.ts";
import type { Session } from "./session.ts";
