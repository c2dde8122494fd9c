/** Variations of a flag that is being made: what people type, as values of the flag's type. */

import type { Json } from "@/lib/json";

export type FlagType = "boolean" | "string" | "integer" | "number" | "object";

export interface TypedVariation {
  key: string;
  /** As it is typed. */
  value: string;
  name: string;
}

export const FIRST_VARIATIONS: Record<FlagType, TypedVariation[]> = {
  boolean: [
    { key: "on", value: "true", name: "" },
    { key: "off", value: "false", name: "" },
  ],
  string: [
    { key: "new", value: "new", name: "" },
    { key: "old", value: "old", name: "" },
  ],
  integer: [
    { key: "many", value: "10", name: "" },
    { key: "few", value: "1", name: "" },
  ],
  number: [
    { key: "high", value: "0.5", name: "" },
    { key: "low", value: "0.1", name: "" },
  ],
  object: [
    { key: "new", value: '{"layout": "new"}', name: "" },
    { key: "old", value: '{"layout": "old"}', name: "" },
  ],
};

export type ReadValue = { value: Json } | { wrong: string };

export function typedValue(type: FlagType, text: string): ReadValue {
  const trimmed = text.trim();
  switch (type) {
    case "string":
      return { value: text };
    case "boolean":
      if (trimmed === "true" || trimmed === "false") return { value: trimmed === "true" };
      return { wrong: "is true or false" };
    case "integer": {
      const value = Number(trimmed);
      return trimmed !== "" && Number.isSafeInteger(value) ? { value } : { wrong: "is a whole number" };
    }
    case "number": {
      const value = Number(trimmed);
      return trimmed !== "" && Number.isFinite(value) ? { value } : { wrong: "is a number" };
    }
    default:
      return jsonValue(text);
  }
}

function jsonValue(text: string): ReadValue {
  try {
    const value: Json = JSON.parse(text);
    return typeof value === "object" && value !== null ? { value } : { wrong: "is a JSON object or list" };
  } catch {
    return { wrong: "is a JSON object or list" };
  }
}
