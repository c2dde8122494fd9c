/** Users: what an application says of somebody, as the evaluation context that the edge is asked with. */

import { JsonWriter } from './json.js';

/** The targeting key alone, a key with attributes (what stands beside them is passed over, and so is a `targetingKey` among
 * them), or an OpenFeature evaluation context. */
export type User =
  | string
  | { readonly key: string | number; readonly attributes?: Readonly<Record<string, unknown>> }
  | { readonly targetingKey?: string | number; readonly [attribute: string]: unknown };

/** A user as it is sent. `key`: as events name it, undefined for nobody; `text`: the context's JSON, the same text for the
 * same context; `attributes`: the JSON of each. */
export interface Context {
  readonly key: string | undefined;
  readonly text: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The context of a user. Never raises: what can't be sent is left out and named to `leftOut`; `unsent` are the names and
 * paths of attributes that must not leave the page. */
export function contextOf(
  user: User | null | undefined,
  leftOut: (name: string) => void,
  unsent: ReadonlySet<string> = new Set(),
): Context {
  try {
    return contextFrom(user, leftOut, unsent);
  } catch {
    // A proxy of the application's raised: there is nothing to be known of it.
    leftOut('user');
    return { key: undefined, text: '{}', attributes: new Map() };
  }
}

function contextFrom(user: unknown, leftOut: (name: string) => void, unsent: ReadonlySet<string>): Context {
  const attributes = new Map<string, string>();
  const writer = new JsonWriter(leftOut, unsent);
  const [targetingKey, given] = partsOf(user);
  let key: string | undefined;
  if (targetingKey !== undefined && targetingKey !== null) {
    const text = writer.text(targetingKey, 'targetingKey');
    if (text !== undefined) attributes.set('targetingKey', text);
    key = keyOf(text === undefined ? undefined : targetingKey);
  }
  for (const [name, text] of writer.members(given, '', 2)) {
    if (name !== 'targetingKey') attributes.set(name, text);
  }
  const members = [...attributes].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  return { key, text: `{${members.join()}}`, attributes };
}

function partsOf(user: unknown): [unknown, object] {
  if (typeof user !== 'object') return [user, {}];
  if (user === null) return [undefined, {}];
  const { targetingKey, key, attributes } = user as { targetingKey?: unknown; key?: unknown; attributes?: unknown };
  if (!Object.hasOwn(user, 'key') || Object.hasOwn(user, 'targetingKey')) return [targetingKey, user];
  return [key, typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes) ? attributes : {}];
}

/** A user's key as events name it: text, or the digits of a number without a fraction. */
function keyOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value || undefined;
  return typeof value === 'bigint' || Number.isInteger(value) ? String(value) : undefined;
}
