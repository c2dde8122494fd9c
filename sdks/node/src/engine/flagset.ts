/** A flag set made ready for evaluation. */

import type { Config } from "../config.gen.js";
import { Answer, BrokenAnswer, experimentsDefect } from "./answers.js";
import { changesBetween } from "./changes.js";
import { Run, type Membership, type Program, type Programs } from "./compile/programs.js";
import { compileMembership } from "./compile/segments.js";
import type { Decision } from "./decision.js";
import { expect, INTEGER, OBJECT, optional, required, TEXT } from "./document/fields.js";
import { readChunk } from "./document/segments.js";
import {
  allEntities,
  byFlag,
  changedEntities,
  differing,
  documentsIn,
  flagOf,
  NO_ENTITIES,
  told,
  versionOf,
  withVersions,
  type Entities,
} from "./entities.js";
import { InvalidConfig } from "./errors.js";
import { explained } from "./explanation/index.js";
import { ALGORITHM } from "./hashing.js";
import type { Change, ChunkKeys, Context, Defect, Explanation, FlagInfo, MissingChunk } from "./interface.js";
import { isObject } from "./json.js";
import type { Experiment, Flag, RemoteConfig, Segment } from "./model.js";
import { invalidContext, recovered, unknownFlag } from "./recovery.js";
import { Directory, meets, sameVariations } from "./references.js";

const SCHEMA_VERSION = 1;
const UNKNOWN: ReadonlyMap<string, unknown> = new Map();

type AnyAnswer = Answer | BrokenAnswer;

/** Answers for one configuration at one version. Never changes; `with` and `withChunk` give the next one. */
export class FlagSet implements Programs {
  /** The config version. */
  readonly version: number;
  readonly salt: string;
  readonly entities: Entities;
  readonly #experimentsOn: ReadonlyMap<string, readonly Experiment[]>;
  readonly #directory: Directory;
  readonly #answers: Map<string, AnyAnswer>;
  readonly #memberships: Map<string, Membership>;

  private constructor(salt: string, version: number, entities: Entities, before?: FlagSet, versioned = new Set<string>()) {
    this.salt = salt;
    this.version = version;
    this.entities = entities;
    const held = before?.salt === salt ? before : undefined;
    const sameSegments = held?.entities.segments === entities.segments;
    const sameExperiments = held?.entities.experiments === entities.experiments;
    this.#experimentsOn = held && sameExperiments ? held.#experimentsOn : byFlag(entities.experiments.good.values());
    this.#directory = held && sameSegments ? held.#directory.withFlags(entities.flags) : Directory.of(entities.flags, entities.segments);
    this.#memberships = new Map(held ? held.#memberships : []);
    this.#answers = new Map(held ? held.#answers : []);
    if (held && !sameSegments) this.#forgetSegments(held);
    const touched = held ? this.#touched(held, versioned) : this.#allKeys();
    for (const key of touched) this.#put(key);
    if (held) for (const key of this.#unsettled(held, touched)) this.#put(key);
  }

  /**
   * The set of a config document. Chunks that `before` holds are kept where their digest is still named, and of an
   * entity that can't be read what `before` held. Throws InvalidConfig only for what is no config document at all.
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
    const entities = allEntities(before?.entities ?? NO_ENTITIES, documentsIn(fields));
    return new FlagSet(salt, version, entities, before);
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
    const [now, then] = [this, before].map((one) => ({
      ...{ salt: one.salt, entities: one.entities, directory: one.#directory },
      answers: one.#answers as ReadonlyMap<string, AnyAnswer>,
    })) as [Parameters<typeof changesBetween>[0], Parameters<typeof changesBetween>[1]];
    return changesBetween(then, now);
  }

  /** What can't be evaluated, and why. */
  get defects(): readonly Defect[] {
    const { flags, segments, experiments, remoteConfigs } = this.entities;
    const flaws = [flags, segments, experiments, remoteConfigs].flatMap((table) => [...table.flaws.values()]);
    const unresolved = Array.from(this.#answers.values())
      .filter((each): each is BrokenAnswer => each instanceof BrokenAnswer && each.answer !== undefined)
      .map(({ key, message, info }): Defect => ({ kind: info?.kind ?? "flag", key, field: "", message }));
    return [...flaws.map(({ kind, key, field, message }) => ({ kind, key, field, message })), ...unresolved];
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

  #allKeys(): Set<string> {
    const { flags, remoteConfigs } = this.entities;
    return new Set([flags, remoteConfigs].flatMap((table) => [...table.good.keys(), ...table.flaws.keys()]));
  }

  #forgetSegments(held: FlagSet): void {
    const before = held.entities.segments.good;
    for (const key of this.#memberships.keys()) {
      if (this.entities.segments.good.get(key) !== before.get(key)) this.#memberships.delete(key);
    }
  }

  /** Keys whose own entity, or an experiment on it, is another one than before. */
  #touched(held: FlagSet, versioned: ReadonlySet<string>): Set<string> {
    const touched = new Set(versioned);
    for (const kind of ["flags", "remoteConfigs"] as const) {
      const [before, after] = [held.entities[kind], this.entities[kind]];
      if (before === after) continue;
      for (const key of differing(before.good, after.good)) touched.add(key);
      for (const key of differing(before.flaws, after.flaws)) touched.add(key);
    }
    const [before, after] = [held.entities.experiments, this.entities.experiments];
    if (before === after) return touched;
    for (const key of [...differing(before.good, after.good), ...differing(before.flaws, after.flaws)]) {
      for (const { good, flaws } of [before, after]) {
        for (const on of [good.get(key)?.flag, flagOf(flaws.get(key)?.document)]) {
          if (on !== undefined) touched.add(on);
        }
      }
    }
    return touched;
  }

  /** Further keys, whose references resolve now or no longer do. */
  #unsettled(held: FlagSet, put: ReadonlySet<string>): string[] {
    const segments = this.#directory.segmentsThatDiffer(held.#directory);
    const flags = new Set([...put].filter((key) => !sameVariations(held.#variations(key), this.#variations(key))));
    if (segments.size === 0 && flags.size === 0) return [];
    const concerned = (answer: AnyAnswer): boolean => {
      const named = (answer instanceof Answer ? answer : answer.answer)?.references;
      return named !== undefined && (meets(named.segments, segments) || meets(named.flags, flags));
    };
    return [...this.#answers.keys()].filter((key) => !put.has(key) && concerned(this.#answers.get(key)!));
  }

  /** Of a flag; none of one that can't be read, undefined where there is no flag. */
  #variations(key: string): ReadonlyMap<string, unknown> | undefined {
    const { good, flaws } = this.entities.flags;
    return good.get(key)?.variations ?? (flaws.has(key) ? UNKNOWN : undefined);
  }

  #put(key: string): void {
    const answer = this.#answered(key);
    if (answer === undefined) this.#answers.delete(key);
    else this.#answers.set(key, answer);
  }

  #answered(key: string): AnyAnswer | undefined {
    const { flags, remoteConfigs, experiments } = this.entities;
    const isFlag = flags.good.has(key) || flags.flaws.has(key);
    const one: Flag | RemoteConfig | undefined = isFlag ? flags.good.get(key) : remoteConfigs.good.get(key);
    if (one === undefined) {
      const flaw = (isFlag ? flags : remoteConfigs).flaws.get(key);
      return flaw && new BrokenAnswer(key, versionOf(flaw.document), told(flaw));
    }
    const on = this.#experimentsOn.get(key) ?? [];
    const answer = new Answer(one, on, this.salt);
    const unreadable = [...experiments.flaws.values()].find(
      (each) => flagOf(each.document) === key && !experiments.good.has(each.key),
    );
    const defect =
      (unreadable && `experiments.${unreadable.key}: ${told(unreadable)}`) ??
      experimentsDefect(one, on) ??
      this.#directory.defect(one, answer.references);
    return defect === undefined ? answer : new BrokenAnswer(key, one.version, defect, answer);
  }
}
