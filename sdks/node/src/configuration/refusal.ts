/** What is said when the edge refuses the key. */

import { Refusal } from "../http/faults.js";
import type { Failure } from "../http/transport.js";

const WRONG_KIND =
  "it is a client key, and this package evaluates in the process, which takes a server key; for a page with a client key there is @feature-flag-platform/web";
const UNKNOWN = "it is unknown, revoked or expired";

/** A client key, of which `GET /v1/environment` told what it is. */
export function wrongKind(): Refusal {
  return new Refusal(`the SDK key is refused: ${WRONG_KIND}`);
}

/** Is it an answer that ends all asking with the key? */
export function isRefused(status: number): boolean {
  return status === 401 || status === 403;
}

/** The refusal that a 401 or 403 tells. */
export function refusalOf(failure: Failure): Refusal {
  const why = failure.code === "server_key_required" ? WRONG_KIND : failure.status === 401 ? UNKNOWN : "it may not do this";
  const told = failure.detail === "" ? "" : ` (${failure.status}: ${failure.detail})`;
  return new Refusal(`the SDK key is refused: ${why}${told}`);
}
