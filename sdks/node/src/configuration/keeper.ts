/** Writes into the store what is held, soon after it was taken and never twice at once. */

import type { JsonObject, MissingChunk } from "../engine/index.js";
import { isObject } from "../engine/json.js";
import { writeJson } from "../engine/json_text.js";
import type { OnceLogger } from "../logger.js";
import { later } from "../timers.js";
import { digestsIn } from "./chunks.js";
import type { Store } from "./store.js";

/** A store is not written more often than this while changes follow each other. */
const SAVE_MS = 5_000;
const TABLES = ["flags", "segments", "experiments", "remote_configs"] as const;
const VERSIONED = ["flags", "remote_configs"] as const;

type Table = Record<string, unknown>;

/** Keeps a document of its own up to date: the engine does not give back what it was made from. */
export class Keeper {
  readonly #store: Store;
  readonly #once: OnceLogger;
  #document: Record<string, unknown> = {};
  /** The document as it came; undefined after a change. */
  #bytes: Buffer | undefined;
  #streamId = "";
  #etag = "";
  #due = false;
  /** Chunks that no document names yet which was taken. */
  readonly #fresh = new Set<string>();
  /** Those that the newest file names. */
  #named: ReadonlySet<string>;
  #timer: NodeJS.Timeout | undefined;
  #saving: Promise<void> = Promise.resolve();

  /** `named`: the digests of the chunks that what is stored names. */
  constructor(store: Store, once: OnceLogger, named: ReadonlySet<string> = new Set()) {
    this.#store = store;
    this.#once = once;
    this.#named = named;
  }

  /** A whole document is held. It is the keeper's own from now on. */
  took(document: unknown, bytes: Buffer, streamId: string, etag: string): void {
    // Parts of the document are the engine's now, and a change replaces entities here.
    this.#document = isObject(document) ? copied(document) : {};
    this.#bytes = bytes;
    this.#isDue(streamId, etag);
    if (this.#timer === undefined) this.#save();
  }

  /** A change was made to what is held. */
  changed(change: unknown, streamId: string, etag: string): void {
    if (!isObject(change)) return;
    this.#document["version"] = change["version"];
    for (const name of TABLES) {
      const table = (this.#document[name] ??= {}) as Table;
      for (const [key, entity] of Object.entries(isObject(change[name]) ? change[name] : {})) {
        if (entity === null) delete table[key];
        else set(table, key, entity);
      }
    }
    for (const [key, version] of Object.entries(isObject(change["versions"]) ? change["versions"] : {})) {
      for (const name of VERSIONED) {
        const table = (this.#document[name] ?? {}) as Table;
        const entity = Object.hasOwn(table, key) ? table[key] : undefined;
        if (isObject(entity)) set(table, key, { ...entity, version });
      }
    }
    this.#bytes = undefined;
    this.#isDue(streamId, etag);
  }

  /** A chunk that was kept; it is until what names it is held. */
  chunk({ digest }: MissingChunk): Buffer | undefined {
    const bytes = this.#store.chunk(digest);
    if (bytes) this.#fresh.add(digest);
    return bytes;
  }

  keepChunk(digest: string, bytes: Buffer): void {
    this.#fresh.add(digest);
    this.#then(() => this.#store.saveChunk(digest, bytes));
  }

  /** Writes what is not written yet. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#due) this.#save();
    await this.#saving;
  }

  #isDue(streamId: string, etag: string): void {
    this.#streamId = streamId;
    this.#etag = etag;
    this.#fresh.clear();
    this.#due = true;
    this.#timer ??= this.#bytes ? undefined : later(SAVE_MS, () => this.#save());
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = false;
    const bytes = this.#bytes ?? Buffer.from(writeJson(this.#document as JsonObject));
    const stored = { bytes, streamId: this.#streamId, etag: this.#etag };
    const named = digestsIn(this.#document);
    this.#then(async () => {
      await this.#store.save(stored);
      const before = this.#named;
      this.#named = named;
      await this.#store.forgetChunksBut(new Set([...named, ...before, ...digestsIn(this.#document), ...this.#fresh]));
    });
  }

  /** One after the other; a disk that is full costs the store, nothing else. */
  #then(work: () => Promise<void>): void {
    this.#saving = this.#saving.then(work).catch((error: unknown) => {
      this.#once.warn("store", `the store can't be written: ${(error as Error).message}`);
    });
  }
}

function copied(document: object): Record<string, unknown> {
  const own: Record<string, unknown> = { ...document };
  for (const name of TABLES) own[name] = isObject(own[name]) ? { ...own[name] } : {};
  return own;
}

/** Also where the key is `__proto__`. */
function set(table: Table, key: string, value: unknown): void {
  Object.defineProperty(table, key, { value, writable: true, enumerable: true, configurable: true });
}
