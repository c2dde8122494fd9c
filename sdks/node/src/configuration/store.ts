/** A folder that keeps the last configuration, so that a start without an edge has one. */

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";

import { isObject } from "../engine/json.js";

const FORMAT = 1;
const NEWLINE = 10;
const CURRENT = "config.json";
const PREVIOUS = "config.json.previous";
const CHUNKS = "chunks";
const DIGEST = /^[0-9a-f]{64}$/;
/** What a process that was killed has left of a chunk. */
const PART = /^\.\d+-\d+\.part$/;

/** A configuration as it is kept. */
export interface Stored {
  readonly etag: string;
  readonly streamId: string;
  /** The document's JSON. */
  readonly bytes: Buffer;
}

/** Files with one line of JSON about the document, then the document. Each is written beside, synced and renamed. */
export class Store {
  readonly #folder: string;
  readonly #keySha256: string;
  #written = 0;

  constructor(folder: string, envKey: string) {
    this.#folder = folder;
    this.#keySha256 = sha256(Buffer.from(envKey));
    mkdirSync(folder, { recursive: true });
  }

  /** What is there that is whole and this key's, the newest first. Reads each when it is asked for. */
  *load(): Generator<Stored> {
    for (const name of [CURRENT, PREVIOUS]) {
      const stored = this.#read(name);
      if (stored) yield stored;
    }
  }

  /** Keeps a configuration, and the one before as the previous. Rejects with what the file system says. */
  async save(stored: Stored): Promise<void> {
    const line = JSON.stringify({
      format: FORMAT,
      key_sha256: this.#keySha256,
      etag: stored.etag,
      stream_id: stored.streamId,
      sha256: sha256(stored.bytes),
      saved_at: Date.now(),
    });
    const beside = await this.#write(this.#folder, Buffer.concat([Buffer.from(`${line}\n`), stored.bytes]));
    await rename(this.#path(CURRENT), this.#path(PREVIOUS)).catch(() => undefined);
    await rename(beside, this.#path(CURRENT));
    await synced(this.#folder);
  }

  /** A chunk by its digest, as it was kept; whoever uses it compares the digest. */
  chunk(digest: string): Buffer | undefined {
    if (!DIGEST.test(digest)) return undefined;
    try {
      return readFileSync(join(this.#folder, CHUNKS, digest));
    } catch {
      return undefined;
    }
  }

  /** Keeps a chunk. Rejects with what the file system says. */
  async saveChunk(digest: string, bytes: Buffer): Promise<void> {
    if (!DIGEST.test(digest)) return;
    const folder = join(this.#folder, CHUNKS);
    await mkdir(folder, { recursive: true });
    await rename(await this.#write(folder, bytes), join(folder, digest)).catch((error: NodeJS.ErrnoException) => {
      // Another process that shares the folder may have tidied it up.
      if (error.code !== "ENOENT") throw error;
    });
  }

  /** Deletes all chunks that none of these digests names. */
  async forgetChunksBut(digests: ReadonlySet<string>): Promise<void> {
    const folder = join(this.#folder, CHUNKS);
    const kept = await readdir(folder).catch(() => []);
    const gone = kept.filter((name) => (DIGEST.test(name) ? !digests.has(name) : PART.test(name)));
    await Promise.all(gone.map((name) => rm(join(folder, name), { force: true })));
  }

  #read(name: string): Stored | undefined {
    try {
      const file = readFileSync(this.#path(name));
      const end = file.indexOf(NEWLINE);
      const line: unknown = JSON.parse(file.subarray(0, end).toString("utf8"));
      const bytes = file.subarray(end + 1);
      if (!isObject(line) || line["format"] !== FORMAT || line["key_sha256"] !== this.#keySha256) return undefined;
      if (line["sha256"] !== sha256(bytes)) return undefined;
      return { etag: String(line["etag"] ?? ""), streamId: String(line["stream_id"] ?? ""), bytes };
    } catch {
      return undefined;
    }
  }

  /** Writes a file beside; gives its path. */
  async #write(folder: string, bytes: Buffer): Promise<string> {
    this.#written += 1;
    const path = join(folder, `.${process.pid}-${this.#written}.part`);
    const file = await open(path, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    return path;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

/** Without it a rename may be forgotten in a power cut; not every system can. */
async function synced(folder: string): Promise<void> {
  const opened = await open(folder, "r").catch(() => undefined);
  await opened?.sync().catch(() => undefined);
  await opened?.close();
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
