/** Exposures: that somebody was shown a variation, once in ten minutes. */

import type { Detail } from './answers.js';
import { JsonWriter, objectOf, parsed, textOf } from './json.js';
import { monotonic } from './time.js';
import type { Context } from './users.js';

const WINDOW_MS = 600_000;
const REMEMBERED_MAX = 10_000;

/** Which exposures were reported lately; the older half is forgotten when they are too many. */
export class Exposures {
  #seen = new Map<string, number>();

  /** The exposure of an answer that a user was given; undefined for one that was reported, and for nobody's. Unless it is
   * `asked` for, only where the answer belongs to an experiment or its flag wants exposures. */
  of(context: Context, answer: Detail, asked: boolean): Record<string, unknown> | undefined {
    const { key } = context;
    const { metadata, experiments, variant } = answer;
    if (key === undefined || answer.errorCode !== undefined || variant === null) return undefined;
    if (!asked && !experiments.length && !answer.experiment && metadata['reportExposures'] !== true) return undefined;
    const unit = textOf(metadata['unitKey']);
    const [override, split] = [metadata['override'] === true, textOf(metadata['split'])];
    if (!this.#isNew(JSON.stringify([key, answer.flag, variant, experiments, unit, override, split]))) return undefined;
    return {
      type: 'exposure',
      user_key: key,
      flag: answer.flag,
      variation: variant,
      ...(answer.experiment ? { experiment: answer.experiment } : {}),
      experiments,
      config_version: answer.version,
      ...(unit !== undefined && unit !== key ? { unit_key: unit } : {}),
      ...(override ? { override } : {}),
      ...(split ? { split } : {}),
    };
  }

  #isNew(what: string): boolean {
    const now = monotonic();
    const at = this.#seen.get(what);
    if (at !== undefined && now - at < WINDOW_MS) return false;
    this.#seen.delete(what);
    if (this.#seen.size >= REMEMBERED_MAX) this.#seen = new Map([...this.#seen].slice(REMEMBERED_MAX / 2));
    this.#seen.set(what, now);
    return true;
  }
}

const TEXT_LENGTH_MAX = 256;
const LIST_LENGTH_MAX = 20;

/** The JSON of the attributes that exposures carry: those of these names, as far as they are texts, numbers, truth values or
 * lists of these. What is found by a path stays inside its objects. Undefined where there are none. */
export function exposedAttributes(context: Context, names: readonly string[]): string | undefined {
  const attributes = names.length ? objectOf(parsed(context.text)) : undefined;
  if (!attributes) return undefined;
  const found = new Map<string, unknown>();
  for (const name of names) {
    const path = Object.hasOwn(attributes, name) ? [name] : name.split('.');
    let value: unknown = attributes;
    for (const step of path) value = Object.hasOwn(objectOf(value) ?? {}, step) ? objectOf(value)?.[step] : undefined;
    if (isPlain(value)) put(found, path, value);
  }
  return found.size ? new JsonWriter(() => undefined).text(objectFrom(found), '') : undefined;
}

function put(into: Map<string, unknown>, [first = '', ...rest]: readonly string[], value: unknown): void {
  if (!rest.length) {
    into.set(first, value);
    return;
  }
  const held = into.get(first);
  const inside = held instanceof Map ? (held as Map<string, unknown>) : new Map<string, unknown>();
  into.set(first, inside);
  put(inside, rest, value);
}

function objectFrom(map: Map<string, unknown>): object {
  const members = [...map].map(([name, value]) => [name, value instanceof Map ? objectFrom(value) : value] as const);
  return Object.fromEntries(members);
}

function isPlain(value: unknown): boolean {
  if (Array.isArray(value)) return value.length <= LIST_LENGTH_MAX && value.every((each) => each === null || isScalar(each));
  return isScalar(value);
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' ? value.length <= TEXT_LENGTH_MAX : /number|boolean|bigint/.test(typeof value);
}
