/** Programs, which an evaluation runs: the closures of flags and segments, which ask each other by key. */

import { failure, type Decision } from "../decision.js";
import { EvaluationFailed } from "../errors.js";
import type { Context } from "../interface.js";

/** Decides a flag or a remote config. Throws EvaluationFailed where the evaluation ends in an error it can't decide. */
export type Program = (context: Context, run: Run) => Decision;

/** Says whether a context is in a segment. */
export interface Membership {
  readonly holds: Holds;
  /** It names no other segment and costs no more than to remember what it said. */
  readonly isCheap: boolean;
}

/** Is the context such that the condition holds? */
export type Holds = (context: Context, run: Run) => boolean;

/** Told the path of each step and its value while a traced program runs. */
export type Probe = (path: string, value: unknown) => void;

/** The programs of one flag set, by key. */
export interface Programs {
  program(flag: string): Program | undefined;
  membership(segment: string): Membership | undefined;
}

const UNFINISHED = Symbol("being worked out");

/** One evaluation: its time, and what it has found out of other flags and of segments. */
export class Run {
  readonly now: number;
  readonly #programs: Programs;
  #served: Map<string, Decision | typeof UNFINISHED> | undefined;
  #members: Map<string, boolean | typeof UNFINISHED> | undefined;

  constructor(programs: Programs, now: number) {
    this.#programs = programs;
    this.now = now;
  }

  /** What another flag serves; worked out once, and an error if it asks for itself. */
  prerequisite(key: string, context: Context): Decision {
    const served = (this.#served ??= new Map());
    const known = served.get(key);
    if (known === UNFINISHED) {
      throw new EvaluationFailed("GENERAL", "prerequisites name each other in a cycle");
    }
    if (known !== undefined) return known;
    served.set(key, UNFINISHED);
    const decision = this.#decide(key, context);
    served.set(key, decision);
    return decision;
  }

  #decide(key: string, context: Context): Decision {
    const program = this.#programs.program(key);
    if (program === undefined) return failure(key, "PARSE_ERROR", "there is no such flag");
    try {
      return program(context, this);
    } catch (error) {
      if (error instanceof EvaluationFailed) return failure(key, error.code, error.message);
      throw error;
    }
  }

  /** Whether the context is in a segment; worked out once, and an error if it asks for itself. */
  isMember(segment: string, context: Context): boolean {
    const membership = this.#programs.membership(segment);
    if (membership === undefined) throw new EvaluationFailed("PARSE_ERROR", `there is no segment '${segment}'`);
    return membership.isCheap ? membership.holds(context, this) : this.#remembered(segment, membership, context);
  }

  #remembered(segment: string, { holds }: Membership, context: Context): boolean {
    const members = (this.#members ??= new Map());
    const known = members.get(segment);
    if (known === UNFINISHED) throw new EvaluationFailed("GENERAL", "segments name each other in a cycle");
    if (known !== undefined) return known;
    members.set(segment, UNFINISHED);
    const found = holds(context, this);
    members.set(segment, found);
    return found;
  }
}
