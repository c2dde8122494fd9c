/** The decisions of evaluations that could not be finished. */

import { failure, type Decision } from "./decision.js";
import { EvaluationFailed } from "./errors.js";

/** What was asked for. */
interface Asked {
  readonly key: string;
  readonly version: number;
}

/** FLAG_NOT_FOUND. */
export function unknownFlag(key: unknown): Decision {
  return failure(typeof key === "string" ? key : "", "FLAG_NOT_FOUND", "there is no such flag");
}

/** INVALID_CONTEXT. */
export function invalidContext({ key, version }: Asked): Decision {
  return failure(key, "INVALID_CONTEXT", "the context must be an object", version);
}

/** The error decision that stands for what was thrown; its text never repeats the context. */
export function recovered({ key, version }: Asked, error: unknown): Decision {
  if (error instanceof EvaluationFailed) return failure(key, error.code, error.message, version);
  const name = error instanceof Error ? error.name : "an unknown error";
  return failure(key, "GENERAL", `the evaluation failed: ${name}`, version);
}
