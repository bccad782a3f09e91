/**
 * The options of the section `http`: where the service is reached over HTTP, by whom, and how many may follow at once.
 *
 * @module
 */

import { type Option, textOption } from "../option.ts";
import { HTTP_HOSTS, HTTP_ORIGINS, HTTP_TOKEN, LISTEN_NAME } from "./accepted_texts.ts";

/** More streams than one process has sockets for. */
const STREAMS_MAX = 100_000;

/** The section `http`, by the names of the program. */
export const http = {
  port: {
    path: "http.port",
    text: "Where runs and streams are served over HTTP; 0 is nowhere, 7070 is usual.",
    kind: "integer",
    default: 0,
    unit: "",
    min: 0,
    max: 65_535,
  },
  hostname: textOption({
    path: "http.hostname",
    text:
      "What to listen at; 127.0.0.1 is this machine alone, 0.0.0.0 is every network and needs a token.",
    default: "127.0.0.1",
    ...LISTEN_NAME,
  }),
  readToken: textOption({
    path: "http.read_token",
    text: "The secret of those who may read; without any token whoever reaches it may do all.",
    example: "${TIDEMARK_READ_TOKEN}",
    secret: true,
    ...HTTP_TOKEN,
  }),
  controlToken: textOption({
    path: "http.control_token",
    text: "The secret of those who may also change things; with a read_token alone nobody may.",
    example: "${TIDEMARK_CONTROL_TOKEN}",
    secret: true,
    ...HTTP_TOKEN,
  }),
  allowedHosts: textOption({
    path: "http.allowed_hosts",
    text: "Further names by which it may be called, with their port, as behind a proxy.",
    example: "events.example.com, 10.0.0.5:7070",
    ...HTTP_HOSTS,
  }),
  allowedOrigins: textOption({
    path: "http.allowed_origins",
    text: "Web pages of other origins that may call it.",
    example: "https://app.example.com",
    ...HTTP_ORIGINS,
  }),
  streams: {
    path: "http.streams",
    text: "Whether Durable Streams are served at /streams beside the runs.",
    kind: "flag",
    default: true,
  },
  streamsMax: {
    path: "http.streams_max",
    text: "How many clients may follow live at the same time.",
    kind: "integer",
    default: 256,
    unit: "clients",
    min: 1,
    max: STREAMS_MAX,
  },
  streamsPerAddressMax: {
    path: "http.streams_per_address_max",
    text: "How many of them from one address; behind a proxy all have the proxy's.",
    kind: "integer",
    default: 16,
    unit: "clients",
    min: 1,
    max: STREAMS_MAX,
  },
  streamsPerRunMax: {
    path: "http.streams_per_run_max",
    text: "How many of them may follow one run.",
    kind: "integer",
    default: 128,
    unit: "clients",
    min: 1,
    max: STREAMS_MAX,
  },
} as const satisfies Record<string, Option>;
