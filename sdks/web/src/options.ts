/** What a client is made with. */

import type { User } from './users.js';

/** Where the application wants to read what the SDK has to say. */
export interface Logger {
  warn(message: string): void;
  error(message: string): void;
}

/** Where the last answer is kept; `localStorage` and `sessionStorage` are such. */
export type KeptIn = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface Options {
  /** A client key of the environment. */
  readonly envKey: string;
  /** The edge's address, or several in the order in which they are tried. */
  readonly endpoint: string | readonly string[];
  /** Who is on the page, until `identify` says another one; absent: a user without key. */
  readonly user?: User;
  /** The ingestor's address; absent: what the edge says. */
  readonly eventsEndpoint?: string;
  /** For how many seconds reads that wait do so for the first answers. */
  readonly startWait?: number;
  /** The answer of a bulk evaluation for `user`, from the server that rendered the page: an object or its JSON. */
  readonly bootstrap?: object | string;
  /** Keeps the last answer of the same user for the next page. */
  readonly store?: KeptIn;
  /** Nothing is ever sent or fetched. */
  readonly offline?: boolean;
  readonly polling?: 'auto' | 'always';
  /** Seconds. */
  readonly pollInterval?: number;
  /** `manual`: only `trackExposure` reports; `off`: nothing does. */
  readonly exposures?: 'automatic' | 'manual' | 'off';
  /** Whether what the page reads is counted, without naming anybody. */
  readonly usage?: boolean;
  /** Attributes that never leave the page; so rules don't see them. */
  readonly privateAttributes?: readonly string[];
  readonly logger?: Logger;
  /** How many events wait at most, how many are sent at once, and after how many seconds. */
  readonly queueSize?: number;
  readonly batchSize?: number;
  readonly flushInterval?: number;
  /** Seconds between two reports of usage. */
  readonly usageInterval?: number;
  /** Seconds: the first pause before another attempt, and the silence after which a stream is broken. */
  readonly retryFirst?: number;
  readonly silence?: number;
}

/** Options with their defaults; durations in milliseconds. */
export type Settings = ReturnType<typeof settingsOf>;

/** Raises TypeError without a key or an endpoint. */
export function settingsOf(options: Options) {
  const { envKey, logger = console } = options;
  const endpoints = [options.endpoint ?? []].flat().map(withoutSlash).filter(Boolean);
  if (!envKey) throw new TypeError('envKey: the client key of an environment is needed');
  if (!endpoints.length && !options.offline) throw new TypeError("endpoint: the edge's address is needed");
  return {
    envKey,
    endpoints,
    eventsEndpoint: options.eventsEndpoint && withoutSlash(options.eventsEndpoint),
    startWaitMs: milliseconds(options.startWait, 5),
    store: options.store,
    offline: options.offline === true,
    polling: options.polling ?? 'auto',
    pollMs: milliseconds(options.pollInterval, 30),
    exposures: options.exposures ?? 'automatic',
    usage: options.usage ?? true,
    unsent: new Set(options.privateAttributes),
    logger,
    queueSize: options.queueSize ?? 10_000,
    batchSize: options.batchSize ?? 500,
    flushMs: milliseconds(options.flushInterval, 5),
    usageMs: milliseconds(options.usageInterval, 60),
    retryFirstMs: milliseconds(options.retryFirst, 1),
    silenceMs: milliseconds(options.silence, 45),
  };
}

/** An address as paths are put behind it. */
function withoutSlash(address: string): string {
  return address.trim().replace(/\/+$/, '');
}

function milliseconds(seconds: number | undefined, otherwise: number): number {
  return (seconds ?? otherwise) * 1000;
}
