/** The attributes that events carry: those that are named, as far as they are short and plain, without private ones. */

import type { Context, Json, JsonObject } from "../engine/index.js";
import { isObject } from "../engine/json.js";

const TEXT_LENGTH_MAX = 256;
const LIST_LENGTH_MAX = 20;

/**
 * As they stand in the context: what is found by a path stays inside its objects. What is missing, private, an object, or
 * longer than the limits is left out.
 */
export function exposedAttributes(context: Context, names: Iterable<string>, isPrivate: Private): JsonObject {
  const found = empty();
  for (const name of names) {
    const path = Object.hasOwn(context, name) ? [name] : name.split(".");
    const value = at(context, path);
    if (value === undefined || !isPlain(value) || isPrivate.has(name)) continue;
    let inside = found;
    for (const step of path.slice(0, -1)) inside = (inside[step] ??= empty()) as Record<string, Json>;
    inside[path[path.length - 1] ?? name] = value;
  }
  return found;
}

/** The value at a path, undefined where there is none. */
export function at(context: Context, path: readonly string[]): Json | undefined {
  let value: Json | undefined = context;
  for (const step of path) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}

/** The names that never leave the process; whoever names an object names all in it. */
export class Private {
  readonly #names: ReadonlySet<string>;

  constructor(names: Iterable<string>) {
    this.#names = new Set(names);
  }

  /** Is what has this name, or stands at this path, private? */
  has(name: string): boolean {
    if (this.#names.size === 0) return false;
    for (let end = name.indexOf("."); end >= 0; end = name.indexOf(".", end + 1)) {
      if (this.#names.has(name.slice(0, end))) return true;
    }
    return this.#names.has(name);
  }

  /** The object without what is private in it. */
  without(value: JsonObject, above = ""): JsonObject {
    if (this.#names.size === 0) return value;
    const open = empty();
    for (const [name, each] of Object.entries(value)) {
      const path = above + name;
      if (!this.has(path)) open[name] = isObject(each) ? this.without(each, `${path}.`) : each;
    }
    return open;
  }
}

/** Without a prototype `__proto__` is a name like others. */
function empty(): Record<string, Json> {
  return Object.create(null) as Record<string, Json>;
}

function isPlain(value: Json): boolean {
  if (Array.isArray(value)) {
    return value.length <= LIST_LENGTH_MAX && value.every((each: Json) => each === null || isScalar(each));
  }
  return isScalar(value);
}

function isScalar(value: Json): boolean {
  switch (typeof value) {
    case "string":
      return value.length <= TEXT_LENGTH_MAX;
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "bigint":
      return BigInt.asIntN(64, value) === value;
    default:
      return false;
  }
}
