/** What an application measures. */

import { unitKey } from "../engine/hashing.js";
import type { Json, JsonObject } from "../engine/index.js";
import type { Private } from "./attributes.js";
import { uuid7, type Keys } from "./identity.js";

const VALUE_MAX = 1e15;
const NAME_LENGTH_MAX = 128;
const KEY_LENGTH_MAX = 512;

/** A metric event, or why there is none. */
export type Measured = { readonly event: object } | { readonly wrong: string };

/** Makes the event of what an application says; `properties` are JSON already. */
export function measured(
  name: unknown,
  value: unknown,
  user: Json | undefined,
  properties: JsonObject,
  { keys, isPrivate, now }: { readonly keys: Keys; readonly isPrivate: Private; readonly now: number },
): Measured {
  if (typeof name !== "string" || name === "" || name.length > NAME_LENGTH_MAX) return { wrong: "its name is none" };
  const key = unitKey(user);
  if (key === undefined || key === "") return { wrong: "its user has no key" };
  if (key.length > KEY_LENGTH_MAX && !keys.hashed) return { wrong: "its user's key is too long" };
  if (value !== undefined && !isValue(value)) return { wrong: "its value is no finite number up to 10^15" };
  const open = isPrivate.without(properties);
  return {
    event: {
      type: "metric",
      event_id: uuid7(now),
      timestamp: new Date(now).toISOString(),
      user_key: keys.told(key),
      metric: name,
      ...(value !== undefined && { value }),
      ...(Object.keys(open).length > 0 && { properties: open }),
    },
  };
}

function isValue(value: unknown): boolean {
  const number = typeof value === "bigint" ? Number(value) : value;
  return typeof number === "number" && Math.abs(number) <= VALUE_MAX;
}
