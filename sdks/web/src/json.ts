/** JSON in and out: what applications hand over, written without ever raising; and numbers that a double can't hold. */

const DEPTH_MAX = 10;
const ELEMENTS_MAX = 1000;
const UNSENDABLE = /[\0\p{Surrogate}]/u;
const LONG_INTEGER = /\d{16}/;
const TOKENS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * Writes values as JSON. Dates become RFC 3339 text in UTC, sets are lists, `bigint` keeps its digits. What can't be JSON
 * (functions, objects of classes, NaN, half a surrogate pair, what is nested too deep) is left out and named to `leftOut`.
 */
export class JsonWriter {
  #left = ELEMENTS_MAX;

  /** `unsent`: names and paths of members that are passed over. */
  constructor(
    private readonly leftOut: (name: string) => void,
    private readonly unsent: ReadonlySet<string> = new Set(),
  ) {}

  /** The text of one value; undefined when there is none. */
  text(value: unknown, name: string, depth = 1): string | undefined {
    if (value === undefined) return undefined;
    let written: string | undefined;
    try {
      written = this.#left-- > 0 ? this.#written(value, name, depth) : undefined;
    } catch {
      // A getter or a proxy of the application's raised.
    }
    if (written === undefined) this.leftOut(name);
    return written;
  }

  #written(value: unknown, name: string, depth: number): string | undefined {
    switch (typeof value) {
      case 'string':
        return UNSENDABLE.test(value) ? undefined : JSON.stringify(value);
      case 'number':
        return Number.isFinite(value) ? JSON.stringify(value) : undefined;
      case 'boolean':
        return String(value);
      case 'bigint':
        return BigInt.asIntN(64, value) === value || BigInt.asUintN(64, value) === value ? String(value) : undefined;
      case 'object':
        if (value === null) return 'null';
        if (value instanceof Date) return JSON.stringify(value.toISOString());
        return depth > DEPTH_MAX ? undefined : this.#nested(value, name, depth + 1);
      default:
        return undefined;
    }
  }

  #nested(value: object, name: string, depth: number): string | undefined {
    if (Array.isArray(value) || value instanceof Set) {
      const elements: string[] = [];
      for (const each of value) {
        const text = this.text(each, name, depth);
        if (text !== undefined) elements.push(text);
        if (this.#left < 0) break;
      }
      return `[${elements.join()}]`;
    }
    if (!isPlain(value)) return undefined;
    const members: string[] = [];
    for (const [key, text] of this.members(value, name, depth)) members.push(`${JSON.stringify(key)}:${text}`);
    return `{${members.join()}}`;
  }

  /** Whether it, or an object around it, is not to be sent. */
  #isUnsent(path: string): boolean {
    if (!this.unsent.size) return false;
    const steps = path.split('.');
    return steps.some((_, end) => this.unsent.has(steps.slice(0, end + 1).join('.')));
  }

  /** The members of an object that can be written, in the order of their names. */
  *members(value: object, name: string, depth: number): Iterable<[string, string]> {
    for (const key of Object.keys(value).sort()) {
      const path = name ? `${name}.${key}` : key;
      if (this.#isUnsent(path)) continue;
      let member: unknown;
      try {
        member = UNSENDABLE.test(key) ? NaN : (value as Record<string, unknown>)[key];
      } catch {
        member = NaN;
      }
      const text = this.text(member, path, depth);
      if (text !== undefined) yield [key, text];
      if (this.#left < 0) break;
    }
  }
}

/** Whether it is an object as a literal makes it, and none of a class. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Reads JSON; integers that a double would round become `bigint`. Raises SyntaxError. */
export function parsed(text: string): unknown {
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  // U+0000 is in no text of the platform's, so it can mark a number until the parser comes by.
  const marked = text.replace(TOKENS, (token) => (/^-?\d{16,}$/.test(token) ? `"\\u0000${token}"` : token));
  return JSON.parse(marked, (_, value: unknown) => {
    if (typeof value !== 'string' || !value.startsWith('\0')) return value;
    const number = Number(value.slice(1));
    return Number.isSafeInteger(number) ? number : BigInt(value.slice(1));
  });
}

/** A text that is the same for equal values of answers. */
export function face(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));
}

/** An object of JSON, or undefined. */
export function objectOf(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** The value when it is text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
