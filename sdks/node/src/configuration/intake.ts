/** Takes what the edge tells: whole configurations, changes, and that what is held is still right. */

import { isObject } from "../engine/json.js";
import type { FlagSet, MissingChunk } from "../engine/index.js";
import type { Said } from "../http/event_stream.js";
import { Fault } from "../http/faults.js";
import { parseJson } from "../engine/json_text.js";
import { withChunks, withChunksAtHand } from "./chunks.js";
import { etagOf, streamIdOf, type Held } from "./held.js";
import { parsed, type EdgeReader } from "./reader.js";
import type { Keeper } from "./keeper.js";

/** The one way by which a configuration of the edge gets into memory, and from there into the store. */
export class Intake {
  /** A change could not follow what is held: the whole has to be read. */
  lost = false;
  readonly #held: Held;
  readonly #reader: EdgeReader;
  readonly #keeper: Keeper | undefined;
  readonly #before: () => Promise<void>;

  /** `before`: is awaited before the first configuration of the edge is taken. */
  constructor(held: Held, reader: EdgeReader, keeper: Keeper | undefined, before: () => Promise<void>) {
    this.#held = held;
    this.#reader = reader;
    this.#keeper = keeper;
    this.#before = before;
  }

  /** Where a stream goes on; "" for a new one. */
  get streamId(): string {
    return this.#held.streamId;
  }

  /** Reads the whole configuration, unless what is held is the newest. Rejects with a Fault. */
  async read(): Promise<void> {
    const held = this.#held;
    const etag = held.flags?.missingChunks.length ? "" : held.etag;
    const told = await this.#reader.config(etag);
    if (!told.body) {
      if (etag === "") throw new Fault("/v1/config says that nothing has changed, and nothing was asked that way", true);
    } else {
      const document = parsed(told.body, "/v1/config");
      const flags = await this.#complete(held.readied(document));
      await this.#take(flags, document, streamIdOf(flags.version, told.etag), told.etag, told.body);
    }
    held.source = "edge";
    held.confirm(told.ageMs);
    this.lost = false;
  }

  /** Takes what a stream said. Rejects with a Fault, which ends the stream. */
  async heard(said: Said): Promise<void> {
    if (said.event === "snapshot") await this.#snapshot(said);
    else if (said.event === "change") await this.#change(said);
    // A stream that has told no event yet is resumed: it confirms what it was asked to go on from.
    if (this.#held.flags) this.#held.confirm();
  }

  async #snapshot(said: Said): Promise<void> {
    const document = parsed(Buffer.from(said.data), "a snapshot");
    const flags = await this.#complete(this.#held.readied(document));
    await this.#take(flags, document, said.id, etagOf(said.id), Buffer.from(said.data));
    this.lost = false;
  }

  async #change(said: Said): Promise<void> {
    this.lost = true;
    if (this.#held.streamId === "") throw new Fault("a change follows nothing that is held", true);
    const change = json(said.data);
    const flags = await this.#complete(this.#held.readiedChange(change));
    this.#keeper?.changed(change, said.id, etagOf(said.id));
    this.#held.take(flags, "edge", said.id, etagOf(said.id));
    this.lost = false;
  }

  async #take(flags: FlagSet, document: unknown, streamId: string, etag: string, bytes: Buffer): Promise<void> {
    await this.#before();
    this.#keeper?.took(document, bytes, streamId, etag);
    this.#held.take(flags, "edge", streamId, etag);
  }

  /** With all chunks. Where nothing is held yet, those that can't be read are waited for later. */
  async #complete(flags: FlagSet): Promise<FlagSet> {
    const stored = withChunksAtHand(flags, (missing) => this.#keeper?.chunk(missing));
    try {
      return await withChunks(stored, (missing) => this.#chunk(missing));
    } catch (error) {
      if (this.#held.flags) throw error;
      return stored;
    }
  }

  async #chunk(missing: MissingChunk): Promise<Buffer> {
    const bytes = await this.#reader.chunk(missing.segment, missing.number);
    this.#keeper?.keepChunk(missing.digest, bytes);
    return bytes;
  }
}

function json(text: string): unknown {
  try {
    const value = parseJson(text);
    if (isObject(value)) return value;
  } catch {
    // Told below.
  }
  throw new Fault("a change is no JSON object", true);
}
