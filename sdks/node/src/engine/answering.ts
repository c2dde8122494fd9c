/** What answers under the keys of a flag set, which never loses what was good. */

import { Answer, BrokenAnswer, experimentsDefect } from "./answers.js";
import { byFlag, differing, flagOf, told, variationsIn, versionOf, type Entities } from "./entities.js";
import type { Defect } from "./interface.js";
import type { Experiment } from "./model.js";
import { Directory, meets, sameKeys, type Keys } from "./references.js";

export type AnyAnswer = Answer | BrokenAnswer;

/**
 * By key, a flag or remote config with the experiments on it: as the newest documents have them or, where these can't
 * be evaluated together, whole as it was good before. That something named is absent is no reason to keep: it is an error.
 */
export class Answering {
  readonly salt: string;
  readonly entities: Entities;
  readonly directory: Directory;
  readonly #experimentsOn: ReadonlyMap<string, readonly Experiment[]>;
  readonly #all: Map<string, AnyAnswer>;
  /** Why what was good before goes on under a key. */
  readonly #kept: Map<string, string>;

  /** `versioned`: keys whose answers have another version than before. */
  constructor(salt: string, entities: Entities, before?: Answering, versioned: ReadonlySet<string> = new Set()) {
    const held = before?.salt === salt ? before : undefined;
    const was = held?.entities;
    this.salt = salt;
    this.entities = entities;
    this.#experimentsOn =
      held && was?.experiments === entities.experiments ? held.#experimentsOn : byFlag(entities.experiments.good.values());
    this.directory = held && was?.segments === entities.segments ? held.directory : Directory.of(entities.segments);
    this.#all = new Map(held ? held.#all : []);
    this.#kept = new Map(held ? held.#kept : []);
    const touched = held ? this.#touched(held, versioned) : this.#allKeys();
    for (const key of touched) this.#settle(key);
    for (const key of touched) this.#keepIfBroken(key, held);
    for (const key of touched) this.#resolve(key, held);
    if (held) for (const key of this.#unsettled(held, touched)) this.#resolve(key, held);
  }

  /** By key. */
  get all(): ReadonlyMap<string, AnyAnswer> {
    return this.#all;
  }

  /** What can't be evaluated although its documents can be read one by one. */
  get defects(): Defect[] {
    const reasons = new Map(this.#kept);
    for (const [key, answer] of this.#all) {
      if (answer instanceof BrokenAnswer && answer.answer !== undefined) reasons.set(key, answer.message);
    }
    return Array.from(reasons, ([key, message]): Defect => {
      return { kind: this.#all.get(key)?.info?.kind ?? "flag", key, field: "", message };
    }).filter(({ key }) => !this.#isFlawed(key));
  }

  /** Does an entity's own flaw tell already why this key has no newest answer? */
  #isFlawed(key: string): boolean {
    const { flags, remoteConfigs } = this.entities;
    return flags.flaws.has(key) || remoteConfigs.flaws.has(key) || this.#flawedExperiment(key) !== undefined;
  }

  #allKeys(): Set<string> {
    const { flags, remoteConfigs } = this.entities;
    return new Set([flags, remoteConfigs].flatMap((table) => [...table.good.keys(), ...table.flaws.keys()]));
  }

  /** Keys whose own entity, or an experiment on it, is another one than before; and what may be good again. */
  #touched(held: Answering, versioned: ReadonlySet<string>): Set<string> {
    const touched = new Set(versioned);
    if (this.directory !== held.directory) for (const key of this.#kept.keys()) touched.add(key);
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

  /** Puts what the newest documents of a key make, whatever they name. */
  #settle(key: string): void {
    const made = this.#made(key);
    this.#kept.delete(key);
    if (made === undefined) this.#all.delete(key);
    else this.#all.set(key, made);
  }

  #made(key: string): AnyAnswer | undefined {
    const { flags, remoteConfigs } = this.entities;
    const isFlag = flags.good.has(key) || flags.flaws.has(key);
    const one = isFlag ? flags.good.get(key) : remoteConfigs.good.get(key);
    if (one === undefined) {
      const flaw = (isFlag ? flags : remoteConfigs).flaws.get(key);
      return flaw && new BrokenAnswer(key, versionOf(flaw.document), told(flaw));
    }
    const on = this.#experimentsOn.get(key) ?? [];
    const defect = this.#flawedExperiment(key) ?? experimentsDefect(one, on);
    const answer = new Answer(one, on, this.salt);
    return defect === undefined ? answer : new BrokenAnswer(key, one.version, defect, answer);
  }

  /** Why an experiment on it can't be used, of which nothing else is held. */
  #flawedExperiment(key: string): string | undefined {
    const { good, flaws } = this.entities.experiments;
    for (const flaw of flaws.values()) {
      if (flagOf(flaw.document) === key && !good.has(flaw.key)) return `experiments.${flaw.key}: ${told(flaw)}`;
    }
    return undefined;
  }

  #keepIfBroken(key: string, held: Answering | undefined): void {
    const answer = this.#all.get(key);
    if (answer instanceof BrokenAnswer) this.#keep(key, answer.message, held);
  }

  /** Lets what was good before go on; false if nothing was, or what it names is not there any more. */
  #keep(key: string, message: string, held: Answering | undefined): boolean {
    const was = held && held.#all.get(key);
    if (!(was instanceof Answer) || this.#missing(was) !== undefined) return false;
    this.#all.set(key, was);
    this.#kept.set(key, message);
    return true;
  }

  /** Looks whether what a key's answer names is there. */
  #resolve(key: string, held: Answering | undefined): void {
    let answer = this.#sound(key);
    if (answer === undefined) return;
    let missing = this.#missing(answer);
    if (missing !== undefined && this.#kept.has(key)) {
      // What was kept can't be evaluated any more, so the newest documents stand for themselves.
      this.#settle(key);
      answer = this.#sound(key);
      if (answer === undefined) return;
      missing = this.#missing(answer);
    }
    if (missing?.isBroken && this.#keep(key, missing.reason, held)) return;
    this.#all.set(key, missing ? new BrokenAnswer(key, answer.version, missing.reason, answer, true) : answer);
  }

  /** What can be evaluated once all that it names is there. */
  #sound(key: string): Answer | undefined {
    const found = this.#all.get(key);
    if (found instanceof Answer) return found;
    return found?.isSound ? found.answer : undefined;
  }

  #missing(answer: Answer): ReturnType<Directory["missing"]> {
    return this.directory.missing(answer.one, answer.references, (key) => this.#variations(key));
  }

  /** Of a flag as it is held; none of one that can't be read, undefined where there is no flag. */
  #variations(key: string): Keys | undefined {
    const found = this.#all.get(key);
    const one = found instanceof Answer ? found.one : found?.answer?.one;
    if (one !== undefined) return "variations" in one ? one.variations : undefined;
    const flaw = this.entities.flags.flaws.get(key);
    return flaw && variationsIn(flaw);
  }

  /** Further keys, whose references resolve now or no longer do. */
  #unsettled(held: Answering, touched: ReadonlySet<string>): string[] {
    const segments = this.directory.segmentsThatDiffer(held.directory);
    const flags = new Set([...touched].filter((key) => !sameKeys(held.#variations(key), this.#variations(key))));
    if (segments.size === 0 && flags.size === 0) return [];
    const concerned = (answer: AnyAnswer): boolean => {
      const named = (answer instanceof Answer ? answer : answer.answer)?.references;
      return named !== undefined && (meets(named.segments, segments) || meets(named.flags, flags));
    };
    return [...this.#all.keys()].filter((key) => !touched.has(key) && concerned(this.#all.get(key)!));
  }
}
