/** The types of flags, as reads ask for them; a value of another type is never made to fit. */

import { failed, type Detail } from './answers.js';

export type Kind = 'boolean' | 'string' | 'integer' | 'number' | 'object' | 'any';

/** The kind that a default asks for; without one any will do. */
export function kindOf(value: unknown): Kind {
  const type = typeof value;
  switch (type) {
    case 'boolean':
    case 'string':
    case 'number':
      return type;
    case 'bigint':
      return 'integer';
    case 'object':
      return value === null ? 'any' : 'object';
    default:
      return 'any';
  }
}

/** The answer as a value of this kind, or the default with the code that says why not. Integers that a number can't hold are
 * for those who ask with a `bigint`. */
export function typed(answer: Detail, kind: Kind, fallback: unknown): Detail {
  if (answer.errorCode !== undefined) return fallback === undefined ? answer : { ...answer, value: fallback };
  const { value } = answer;
  if (typeof fallback === 'bigint' && kind === 'integer' && (typeof value === 'bigint' || Number.isSafeInteger(value))) {
    return { ...answer, value: BigInt(value as number | bigint) };
  }
  if (fits(value, kind)) return answer;
  const message = `the flag is no ${kind}`;
  return failed(answer.flag, fallback, 'TYPE_MISMATCH', message, answer.version);
}

function fits(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case 'any':
      return true;
    case 'integer':
      return Number.isSafeInteger(value);
    case 'object':
      return typeof value === 'object' && value !== null;
    default:
      return typeof value === kind;
  }
}
