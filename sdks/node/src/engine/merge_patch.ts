/** JSON Merge Patch (RFC 7396). */

import { isObject, type Json, type JsonObject } from "./json.js";

/** An object after the patch: null removes a member, objects merge, anything else replaces what was there. */
export function patched(target: JsonObject, patch: JsonObject): JsonObject {
  const members = new Map(Object.entries(target));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name);
    else members.set(name, isObject(value) ? patched(objectOrEmpty(members.get(name)), value) : value);
  }
  return Object.fromEntries(members);
}

function objectOrEmpty(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
