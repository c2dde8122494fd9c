/** A flag set made ready for evaluation. */

import type { Config } from "../config.gen.js";
import { failure, type Decision } from "./decision.js";
import type { Change, ChunkKeys, Context, Defect, Explanation, FlagInfo, MissingChunk } from "./interface.js";

/** Answers for one configuration at one version. Never changes; `with` and `withChunk` give the next one. */
export class FlagSet {
  /** The config version. */
  readonly version: number;

  private constructor(version: number) {
    this.version = version;
  }

  /**
   * The set of a config document. Chunks that `before` holds are kept where their digest is still named, and of an
   * entity that can't be read what `before` held. Throws InvalidConfig only for what is no config document at all.
   */
  static from(document: Config, before?: FlagSet): FlagSet {
    return new FlagSet(document.version ?? before?.version ?? 0);
  }

  /** The set after a change; it shares what didn't change. */
  with(change: Change): FlagSet {
    return new FlagSet(change.version);
  }

  /** The set with one chunk of a segment's long list, whose digest its reader has checked. */
  withChunk(_segment: string, _number: number, _chunk: ChunkKeys): FlagSet {
    return this;
  }

  /** Chunks that are named and not held: their units' evaluations end in PARSE_ERROR. */
  get missingChunks(): readonly MissingChunk[] {
    return [];
  }

  /** What a flag serves to a context at `now` (epoch milliseconds). Never throws: an error is a decision too. */
  evaluate(key: string, _context: Context, _now: number): Decision {
    return failure(key, "FLAG_NOT_FOUND", "there is no such flag");
  }

  /** The decision of `evaluate` with the ordered trace of how it came about. It tells rules, segments and targets. */
  explain(key: string, context: Context, now: number): Explanation {
    const decision = this.evaluate(key, context, now).toDocument();
    return { decision, config_version: this.version, now, steps: [], segments: {} };
  }

  /** All keys that answer: flags and remote configs. */
  get keys(): Iterable<string> {
    return [];
  }

  /** What is known of a flag or remote config; undefined if there is none. */
  flag(_key: string): FlagInfo | undefined {
    return undefined;
  }

  /** Keys whose answers may differ for somebody from those of `before`, the ones that came or went too. */
  changedSince(_before: FlagSet): string[] {
    return [];
  }

  /** What can't be evaluated, and why. */
  get defects(): readonly Defect[] {
    return [];
  }
}
