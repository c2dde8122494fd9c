/** What ends the reading of a document, and what ends an evaluation. */

import type { ErrorCode } from "./decision.js";

/** A document or an entity that can't be used. `field` is a path like `rules[0].if.and[1].value`. */
export class InvalidConfig extends Error {
  override readonly name = "InvalidConfig";
  readonly field: string;
  readonly reason: string;

  constructor(field: string, reason: string) {
    super(field ? `${field}: ${reason}` : reason);
    this.field = field;
    this.reason = reason;
  }
}

/** A well-formed entity that says what this engine can't evaluate. */
export class Unusable extends InvalidConfig {}

/** Thrown inside an evaluation, and turned into a decision by who began it. No Error: nobody reads where it was thrown. */
export class EvaluationFailed {
  readonly code: ErrorCode;
  readonly message: string;

  constructor(code: ErrorCode, message: string) {
    this.code = code;
    this.message = message;
  }
}
