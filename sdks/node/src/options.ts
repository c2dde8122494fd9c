/** What a client is told when it is made. */

import { readFileSync } from "node:fs";

import type { Config } from "./config.gen.js";
import { isObject } from "./engine/json.js";
import { parseJson } from "./engine/json_text.js";
import { CONSOLE, type Logger } from "./logger.js";

/** Of times the unit is the second. */
export interface Options {
  /** The SDK key: a server key. */
  readonly envKey: string;
  /** The edge's address, or several in the order of preference; `[]` will do where `offline` is true. */
  readonly endpoint: string | readonly string[];
  /** The ingestor's address; absent: what the edge says, else the edge itself, which passes events on. */
  readonly eventsEndpoint?: string | undefined;
  /** How long the first asynchronous evaluation waits for a configuration; 0: not at all. Default: 5. */
  readonly startWait?: number | undefined;
  /** A config document, or the path of a file with one, used until the edge has answered. */
  readonly bootstrap?: Config | string | undefined;
  /** The path of a folder that keeps the last configuration. */
  readonly store?: string | undefined;
  /** Nothing is ever sent or fetched. Default: false. */
  readonly offline?: boolean | undefined;
  /** `auto`: stream, and poll where streams can't pass. Default: `auto`. */
  readonly polling?: "auto" | "always" | undefined;
  /** Default: 30. */
  readonly pollInterval?: number | undefined;
  /** `manual`: only `trackExposure`. Default: `automatic`. */
  readonly exposures?: "automatic" | "manual" | "off" | undefined;
  /** Counts of evaluations, once a minute. Default: true. */
  readonly usage?: boolean | undefined;
  /** Names of attributes that never leave the process. */
  readonly privateAttributes?: readonly string[] | undefined;
  /** A secret; user and unit keys in events are HMAC-SHA-256 by it, in hexadecimal. */
  readonly hashKeysWith?: string | undefined;
  /** Default: warnings and errors on the console. */
  readonly logger?: Logger | undefined;
  /** Events that wait at most. Default: 10,000. */
  readonly queueSize?: number | undefined;
  /** Events of one request at most. Default: 500. */
  readonly batchSize?: number | undefined;
  /** How long an event waits for others. Default: 5. */
  readonly flushInterval?: number | undefined;
}

/** Paces that nothing but a test has a reason to change; the unit is the second. */
export interface Paces {
  /** The first pause between attempts at most. Default: 1. */
  readonly retryFirst?: number | undefined;
  /** A stream that says nothing for so long is broken. Default: 45. */
  readonly silence?: number | undefined;
  /** How often usage is told. Default: 60. */
  readonly usageInterval?: number | undefined;
}

/** The options with their defaults; times in milliseconds. */
export interface Settings {
  readonly envKey: string;
  /** Without a slash at the end. */
  readonly endpoints: readonly string[];
  readonly eventsEndpoint: string | undefined;
  readonly startWaitMs: number;
  readonly bootstrap: Config | undefined;
  readonly store: string | undefined;
  readonly offline: boolean;
  readonly polling: "auto" | "always";
  readonly pollMs: number;
  readonly exposures: "automatic" | "manual" | "off";
  readonly usage: boolean;
  readonly privateAttributes: readonly string[];
  readonly hashKeysWith: string | undefined;
  readonly logger: Logger;
  readonly queueSize: number;
  readonly batchSize: number;
  readonly flushMs: number;
  readonly retryFirstMs: number;
  readonly silenceMs: number;
  readonly usageMs: number;
}

const BATCH_SIZE_MAX = 5000;
const NAMES: ReadonlySet<string> = new Set<keyof Options>([
  "envKey", "endpoint", "eventsEndpoint", "startWait", "bootstrap", "store", "offline", "polling", "pollInterval",
  "exposures", "usage", "privateAttributes", "hashKeysWith", "logger", "queueSize", "batchSize", "flushInterval",
]);

/** Throws TypeError for an option that is unknown, missing or can't be what it is. */
export function settingsOf(options: Options, paces: Paces = {}): Settings {
  if (!isObject(options)) throw new TypeError("options: an object is needed");
  for (const name of Object.keys(options)) if (!NAMES.has(name)) throw new TypeError(`${name}: there is no such option`);
  const logger = options.logger ?? CONSOLE;
  const offline = flag("offline", options.offline, false);
  return {
    envKey: envKeyOf(options.envKey),
    endpoints: endpointsOf(options.endpoint, offline),
    eventsEndpoint: options.eventsEndpoint === undefined ? undefined : addressOf("eventsEndpoint", options.eventsEndpoint),
    startWaitMs: milliseconds("startWait", options.startWait, 5, 0),
    bootstrap: bootstrapOf(options.bootstrap, logger),
    store: options.store === undefined ? undefined : text("store", options.store),
    offline,
    polling: oneOf("polling", options.polling, ["auto", "always"]),
    pollMs: milliseconds("pollInterval", options.pollInterval, 30),
    exposures: oneOf("exposures", options.exposures, ["automatic", "manual", "off"]),
    usage: flag("usage", options.usage, true),
    privateAttributes: texts("privateAttributes", options.privateAttributes ?? []),
    hashKeysWith: options.hashKeysWith === undefined ? undefined : text("hashKeysWith", options.hashKeysWith),
    logger,
    queueSize: whole("queueSize", options.queueSize, 10_000, 1_000_000),
    batchSize: whole("batchSize", options.batchSize, 500, BATCH_SIZE_MAX),
    flushMs: milliseconds("flushInterval", options.flushInterval, 5),
    retryFirstMs: milliseconds("retryFirst", paces.retryFirst, 1),
    silenceMs: milliseconds("silence", paces.silence, 45),
    usageMs: milliseconds("usageInterval", paces.usageInterval, 60),
  };
}

/** A secret that was read from a file may end in a line break, which no header takes. */
function envKeyOf(value: unknown): string {
  const key = text("envKey", value).trim();
  if (!/^[\x21-\x7e]+$/.test(key)) throw new TypeError("envKey: an SDK key is printable ASCII without blanks");
  return key;
}

function endpointsOf(value: unknown, offline: boolean): string[] {
  const addresses = Array.isArray(value) ? (value as unknown[]) : value === undefined && offline ? [] : [value];
  if (addresses.length === 0 && !offline) throw new TypeError("endpoint: at least one address is needed");
  return addresses.map((each) => addressOf("endpoint", each));
}

function addressOf(name: string, value: unknown): string {
  const address = text(name, value).trim();
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw new TypeError(`${name}: an address such as "https://edge.example.com" is needed`);
  }
  return url.href.replace(/\/+$/, "");
}

/** A file that can't be read costs its bootstrap, never the application's start. */
function bootstrapOf(value: unknown, logger: Logger): Config | undefined {
  if (value === undefined || value === null) return undefined;
  // The application may change its object afterwards.
  if (isObject(value)) return structuredClone(value) as unknown as Config;
  try {
    return parseJson(readFileSync(text("bootstrap", value), "utf8")) as unknown as Config;
  } catch (error) {
    logger.error(`the bootstrap can't be read: ${(error as Error).message}`);
    return undefined;
  }
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") throw new TypeError(`${name}: a text is needed`);
  return value;
}

function texts(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw new TypeError(`${name}: a list of texts is needed`);
  return value.map((each) => text(name, each));
}

function flag(name: string, value: unknown, otherwise: boolean): boolean {
  if (value === undefined) return otherwise;
  if (typeof value !== "boolean") throw new TypeError(`${name}: true or false is needed`);
  return value;
}

function oneOf<T extends string>(name: string, value: unknown, choices: readonly [T, ...T[]]): T {
  if (value === undefined) return choices[0];
  const chosen = choices.find((each) => each === value);
  if (chosen === undefined) throw new TypeError(`${name}: one of ${choices.join(", ")} is needed`);
  return chosen;
}

function milliseconds(name: string, value: unknown, otherwise: number, least = 0.001): number {
  const seconds = value ?? otherwise;
  if (typeof seconds !== "number" || !(seconds >= least && seconds <= 86_400)) {
    throw new TypeError(`${name}: seconds are needed, from ${least} to 86400`);
  }
  return seconds * 1000;
}

function whole(name: string, value: unknown, otherwise: number, most: number): number {
  const number = value ?? otherwise;
  if (typeof number !== "number" || !Number.isInteger(number) || number < 1 || number > most) {
    throw new TypeError(`${name}: a whole number is needed, from 1 to ${most}`);
  }
  return number;
}
