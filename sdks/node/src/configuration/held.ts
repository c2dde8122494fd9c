/** The configuration that evaluations read. */

import type { Config } from "../config.gen.js";
import { FlagSet, type Change } from "../engine/index.js";
import { isObject } from "../engine/json.js";
import { Fault } from "../http/faults.js";
import type { OnceLogger } from "../logger.js";
import { monotonic } from "../timers.js";

/** Where the configuration that is held came from. */
export type Source = "none" | "bootstrap" | "store" | "edge";

/** Called with the configuration before, undefined for none, and the one that came after it. */
export type Taken = (before: FlagSet | undefined, after: FlagSet) => void;

/** One flag set at a time, taken by one assignment. */
export class Held {
  flags: FlagSet | undefined;
  source: Source = "none";
  /** Epoch milliseconds when the edge last confirmed what is held, undefined for never. */
  confirmedAt: number | undefined;
  /** The id of the stream's event that leads to what is held; "" where it is not known. */
  streamId = "";
  /** The `ETag` of what is held; "" where it is not known. */
  etag = "";
  readonly #once: OnceLogger;
  readonly #taken: Taken[] = [];
  readonly #onConfirmed: (() => void)[] = [];
  #confirmed = -Infinity;

  constructor(once: OnceLogger) {
    this.#once = once;
  }

  /** Calls back after each configuration that is taken. */
  onTaken(taken: Taken): void {
    this.#taken.push(taken);
  }

  /** Calls back after each confirmation. */
  onConfirmed(confirmed: () => void): void {
    this.#onConfirmed.push(confirmed);
  }

  /** A document made ready, not taken yet. Throws a Fault for what is none, and for one that is older than what is held. */
  readied(document: unknown): FlagSet {
    if (!isObject(document)) throw new Fault("the configuration is no object", true);
    const version = document["version"] ?? 0;
    const held = this.flags;
    if (held && typeof version === "number" && version < held.version) {
      throw new Fault(`the configuration's version is ${version}, and ${held.version} is held`, true);
    }
    try {
      return held ? FlagSet.from(document as unknown as Config, held) : FlagSet.from(document as unknown as Config);
    } catch (error) {
      throw new Fault(`the configuration can't be read: ${(error as Error).message}`, true);
    }
  }

  /** The same of a change onto what is held. */
  readiedChange(change: unknown): FlagSet {
    const held = this.flags;
    if (!held || !isObject(change)) throw new Fault("the change is no object", true);
    const version = change["version"];
    if (typeof version !== "number" || version <= held.version) {
      throw new Fault(`a change leads to version ${String(version)}, and ${held.version} is held`, true);
    }
    try {
      return held.with(change as unknown as Change);
    } catch (error) {
      throw new Fault(`the change can't be read: ${(error as Error).message}`, true);
    }
  }

  /** Takes what was made ready; from now on evaluations read it. */
  take(flags: FlagSet, source: Source, streamId = "", etag = ""): void {
    const before = this.flags;
    this.flags = flags;
    this.source = source;
    this.streamId = streamId;
    this.etag = etag;
    for (const { kind, key, field, message } of flags.defects) {
      const where = field === "" ? "" : ` (${field})`;
      this.#once.warn(`${kind} ${key} ${field} ${message}`, `the ${kind} ${key} can't be evaluated${where}: ${message}`);
    }
    for (const taken of this.#taken) taken(before, flags);
  }

  /** The edge says that what is held is the newest; `ageMs`: as far as it knows. */
  confirm(ageMs = 0): void {
    this.#confirmed = monotonic() - ageMs;
    this.confirmedAt = Date.now() - ageMs;
    for (const confirmed of this.#onConfirmed) confirmed();
  }

  /** Milliseconds since the last confirmation; infinite without one. */
  get ageMs(): number {
    return monotonic() - this.#confirmed;
  }
}

/** The id of the stream's event that leads to a document, and the tag of a document by that id. An edge makes both of the
 * document's digest. Where it does otherwise, the guess costs a snapshot or a whole answer. */
export function streamIdOf(version: number, etag: string): string {
  const digest = /^(?:W\/)?"([^"]+)"$/.exec(etag)?.[1];
  return digest === undefined ? "" : `${version}-${digest}`;
}

/** See `streamIdOf`. */
export function etagOf(streamId: string): string {
  const digest = /^\d+-([0-9a-zA-Z]+)$/.exec(streamId)?.[1];
  return digest === undefined ? "" : `W/"${digest}"`;
}
