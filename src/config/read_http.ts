/**
 * The section `http`: each option by itself, and what they say together of who may reach the service (S2).
 *
 * @module
 */

import { isLoopback } from "../domain/http_names.ts";
import type { HttpConfig } from "./config.ts";
import { partsOf } from "./options/accepted_texts.ts";
import { options } from "./options.ts";
import type { TextOption } from "./option.ts";
import type { Section } from "./section.ts";

/** Reads the section. */
export function readHttp(section: Section): HttpConfig {
  const { http } = options;
  const config: HttpConfig = {
    port: section.integer(http.port),
    hostname: section.requiredText(http.hostname),
    readToken: section.optionalText(http.readToken),
    controlToken: section.optionalText(http.controlToken),
    allowedHosts: readParts(section, http.allowedHosts),
    allowedOrigins: readParts(section, http.allowedOrigins),
    streams: section.flag(http.streams),
    streamsMax: section.integer(http.streamsMax),
    streamsPerAddressMax: section.integer(http.streamsPerAddressMax),
    streamsPerRunMax: section.integer(http.streamsPerRunMax),
  };
  checkReach(section, config);
  return config;
}

function readParts(section: Section, option: TextOption): readonly string[] {
  const text = section.optionalText(option);
  return text === undefined ? [] : partsOf(text);
}

function checkReach(section: Section, config: HttpConfig): void {
  const { hostname, port, readToken, controlToken } = options.http;
  // A token that is wrong was told already, and would be one.
  const tokens = [readToken, controlToken];
  const isOpen = !tokens.some((token) => section.gives(token));
  if (config.port !== 0 && section.isSound(port) && section.isSound(hostname)) {
    if (isOpen && !isLoopback(config.hostname)) {
      section.conflict(
        hostname,
        "127.0.0.1, or a read_token and a control_token, as everybody who reaches it could change things",
      );
    }
  }
  if (config.readToken !== undefined && config.readToken === config.controlToken) {
    section.conflict(controlToken, "another secret than that of read_token");
  }
}
