/** A flag set made ready for evaluation. */

import type { Config } from "../config.gen.js";
import { Answering, type AnyAnswer } from "./answering.js";
import { Answer } from "./answers.js";
import { changesBetween } from "./changes.js";
import { Run, type Membership, type Program, type Programs } from "./compile/programs.js";
import { compileMembership } from "./compile/segments.js";
import type { Decision } from "./decision.js";
import { expect, INTEGER, OBJECT, optional, required, TEXT } from "./document/fields.js";
import { readChunk } from "./document/segments.js";
import { allEntities, changedEntities, documentsIn, NO_ENTITIES, withVersions, type Entities } from "./entities.js";
import { InvalidConfig } from "./errors.js";
import { explained } from "./explanation/index.js";
import { ALGORITHM } from "./hashing.js";
import type { Change, ChunkKeys, Context, Defect, Explanation, FlagInfo, MissingChunk } from "./interface.js";
import { isObject } from "./json.js";
import type { Segment } from "./model.js";
import { invalidContext, recovered, unknownFlag } from "./recovery.js";

const SCHEMA_VERSION = 1;

/** Answers for one configuration at one version. Never changes; `with` and `withChunk` give the next one. */
export class FlagSet implements Programs {
  /** The config version. */
  readonly version: number;
  readonly salt: string;
  readonly entities: Entities;
  readonly #answering: Answering;
  readonly #answers: ReadonlyMap<string, AnyAnswer>;
  readonly #memberships: Map<string, Membership>;

  private constructor(salt: string, version: number, entities: Entities, before?: FlagSet, versioned?: ReadonlySet<string>) {
    this.salt = salt;
    this.version = version;
    this.entities = entities;
    this.#answering = new Answering(salt, entities, before && before.#answering, versioned);
    this.#answers = this.#answering.all;
    this.#memberships = new Map(before ? before.#memberships : []);
    if (before && before.entities.segments !== entities.segments) this.#forgetSegments(before);
  }

  /**
   * The set of a config document. Chunks that `before` holds are kept where their digest is still named, and of what
   * can't be used what was good in `before`, if that has the same salt. Throws InvalidConfig only for what is no config
   * document at all.
   */
  static from(document: Config, before?: FlagSet): FlagSet {
    const fields = expect(document, OBJECT, "");
    if (optional(fields, "schema_version", INTEGER, "", SCHEMA_VERSION) !== SCHEMA_VERSION) {
      throw new InvalidConfig("schema_version", `must be ${SCHEMA_VERSION}`);
    }
    if (optional(fields, "algorithm", TEXT, "", ALGORITHM) !== ALGORITHM) {
      throw new InvalidConfig("algorithm", `must be ${ALGORITHM}`);
    }
    const salt = required(fields, "salt", TEXT, "");
    const version = optional(fields, "version", INTEGER, "", 0);
    const held = before?.salt === salt ? before : undefined;
    const entities = allEntities(held?.entities ?? NO_ENTITIES, documentsIn(fields));
    return new FlagSet(salt, version, entities, held);
  }

  /** The set after a change; it shares what didn't change. Throws InvalidConfig only for what is no change at all. */
  with(change: Change): FlagSet {
    const fields = expect(change, OBJECT, "");
    const version = required(fields, "version", INTEGER, "");
    const versions = Object.entries(optional(fields, "versions", OBJECT, "", {}));
    const changed = changedEntities(this.entities, documentsIn(fields));
    const known = versions.filter((each): each is [string, number] => typeof each[1] === "number");
    const entities = withVersions(changed, new Map(known));
    return new FlagSet(this.salt, version, entities, this, new Set(known.map(([key]) => key)));
  }

  /**
   * The set with one chunk of a segment's long list. Its reader has checked that the SHA-256 of its bytes is the digest
   * by which it is named. Throws InvalidConfig for one that is not named or can't be read.
   */
  withChunk(segment: string, number: number, chunk: ChunkKeys): FlagSet {
    const held = this.entities.segments.good.get(segment);
    const digest = held?.longList?.references.get(number);
    if (held?.longList === undefined || digest === undefined) throw new InvalidConfig("number", "is not named");
    const chunks = new Map(held.longList.chunks).set(number, readChunk(number, digest, chunk));
    const changed: Segment = { ...held, longList: held.longList.withChunks(chunks) };
    const { good, flaws } = this.entities.segments;
    const segments = { good: new Map(good).set(segment, changed), flaws };
    return new FlagSet(this.salt, this.version, { ...this.entities, segments }, this);
  }

  /** Chunks that are named and not held: their units' evaluations end in PARSE_ERROR. */
  get missingChunks(): readonly MissingChunk[] {
    return Array.from(this.entities.segments.good.values(), ({ key: segment, longList }) =>
      Array.from(longList?.missing() ?? [], ([number, digest]) => ({ segment, number, digest })),
    ).flat();
  }

  /** What a flag serves to a context at `now` (epoch milliseconds). Never throws: an error is a decision too. */
  evaluate(key: string, context: Context, now: number): Decision {
    const answer = this.#answers.get(key);
    if (answer === undefined) return unknownFlag(key);
    try {
      if (!isObject(context) && answer instanceof Answer) return invalidContext(answer);
      return answer.program(context, new Run(this, now));
    } catch (error) {
      return recovered(answer, error);
    }
  }

  /**
   * The decision of `evaluate` with the ordered trace of how it came about, for server keys and administrators only: it
   * tells rules, segments and targets, and with `showSalt` the salt. Never throws for a JSON context.
   */
  explain(key: string, context: Context, now: number, showSalt = false): Explanation {
    const answer = this.#answers.get(key);
    if (!(answer instanceof Answer) || !isObject(context)) {
      const decision = this.evaluate(key, context, now).toDocument();
      return { decision, config_version: this.version, now, steps: [], segments: {} };
    }
    return explained(this, answer, context, now, showSalt);
  }

  /** All keys that answer: flags and remote configs. */
  get keys(): Iterable<string> {
    return this.#answers.keys();
  }

  /** What is known of a flag or remote config; undefined if there is none, or none that can be read. */
  flag(key: string): FlagInfo | undefined {
    return this.#answers.get(key)?.info;
  }

  /** Keys whose answers may differ for somebody from those of `before`, the ones that came or went too. */
  changedSince(before: FlagSet): string[] {
    return changesBetween(before.#answering, this.#answering);
  }

  /** What can't be evaluated, and why. */
  get defects(): readonly Defect[] {
    const { flags, segments, experiments, remoteConfigs } = this.entities;
    const flaws = [flags, segments, experiments, remoteConfigs].flatMap((table) => [...table.flaws.values()]);
    const read = flaws.map(({ kind, key, field, message }): Defect => ({ kind, key, field, message }));
    return [...read, ...this.#answering.defects];
  }

  program(flag: string): Program | undefined {
    return this.#answers.get(flag)?.program;
  }

  membership(key: string): Membership | undefined {
    const known = this.#memberships.get(key);
    if (known !== undefined) return known;
    const segment = this.entities.segments.good.get(key);
    if (segment === undefined) return undefined;
    const made = compileMembership(segment);
    this.#memberships.set(key, made);
    return made;
  }

  #forgetSegments(held: FlagSet): void {
    const before = held.entities.segments.good;
    for (const key of this.#memberships.keys()) {
      if (this.entities.segments.good.get(key) !== before.get(key)) this.#memberships.delete(key);
    }
  }
}
