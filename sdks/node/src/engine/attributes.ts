/** Reading an attribute of the evaluation context. */

import { isObject, type Json, type JsonObject } from "./json.js";

export const TARGETING_KEY = "targetingKey";

/** Reads one attribute: null or undefined where it is missing. */
export type Read = (context: JsonObject) => Json | undefined;

/**
 * The reader of an attribute. It is looked up as written, also when it is there and null; only if there is no such
 * attribute and the name has dots, it is a path into objects. A step into anything but an object is missing. Nothing that
 * JavaScript puts on its objects is an attribute.
 */
export function reader(name: string): Read {
  const own = ownReader(name);
  if (!name.includes(".")) return own;
  const path = name.split(".");
  return (context) => {
    const value = own(context);
    return value === undefined ? follow(context, path) : value;
  };
}

/** Only names that objects inherit have to be asked whether they are the object's own, which costs. */
function ownReader(name: string): Read {
  if (name in Object.prototype) return (context) => (Object.hasOwn(context, name) ? context[name] : undefined);
  return (context) => context[name];
}

function follow(context: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = context;
  for (const step of path) {
    if (!isObject(value) || !Object.hasOwn(value, step)) return undefined;
    value = value[step];
  }
  return value;
}
