/** The forms in which a driver's commands say what JSON has no form of. */

import { isObject } from "../engine/json.js";

/** Something that can't be JSON. */
class Odd {}

/** `$date`, `$integer`, `$number`, `$set` and `$odd` become what they stand for, at any depth. */
export function spoken(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(spoken);
  if (!isObject(value)) return value;
  const names = Object.keys(value);
  const special = names.length === 1 ? SPECIAL.get(names[0] ?? "") : undefined;
  if (special) return special(Object.values(value)[0]);
  const object: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    Object.defineProperty(object, name, { value: spoken(each), writable: true, enumerable: true, configurable: true });
  }
  return object;
}

const SPECIAL = new Map<string, (value: unknown) => unknown>([
  ["$date", (value) => new Date(Number(value))],
  ["$integer", (value) => BigInt(String(value))],
  ["$number", (value) => Number(value)],
  ["$set", (value) => new Set(Array.isArray(value) ? value.map(spoken) : [])],
  ["$odd", () => new Odd()],
]);

/** Names in `snake_case`, for objects of the SDK; `undefined` becomes null. */
export function snaked(told: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(told).map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value ?? null]),
  );
}

/** `env_key` as `envKey`. */
export function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
