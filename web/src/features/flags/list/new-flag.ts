/** A flag that is being made: what is typed, and the body that the API takes. */

import { keyFromName } from "@/lib/entityKey";
import type { Json } from "@/lib/json";
import { FIRST_VARIATIONS, type FlagType, type TypedVariation, typedValue } from "../variations";

export interface NewFlagDraft {
  name: string;
  /** Empty: made from the name. */
  key: string;
  description: string;
  type: FlagType;
  variations: TypedVariation[];
  offVariation: string;
  purpose: "release" | "experiment" | "operational" | "permission";
  expectedEnd: string;
  tags: string[];
  owner: string | null;
  clientVisible: boolean;
}

export function emptyFlag(): NewFlagDraft {
  return {
    name: "",
    key: "",
    description: "",
    ...ofType("boolean"),
    purpose: "release",
    expectedEnd: "",
    tags: [],
    owner: null,
    clientVisible: false,
  };
}

/** Another type has other variations; the last one is served while the flag is off. */
export function ofType(type: FlagType): Pick<NewFlagDraft, "type" | "variations" | "offVariation"> {
  const variations = FIRST_VARIATIONS[type].map((each) => ({ ...each }));
  return { type, variations, offVariation: variations.at(-1)?.key ?? "" };
}

export function keyOf(draft: NewFlagDraft): string {
  return draft.key === "" ? keyFromName(draft.name) : draft.key;
}

export interface FlagBody {
  key: string;
  name: string;
  description: string;
  type: FlagType;
  variations: { key: string; name: string; value: Json }[];
  off_variation: string;
  default: { variation: string };
  purpose: NewFlagDraft["purpose"];
  expected_end: string | null;
  tags: string[];
  owner: string | null;
  client_visible: boolean;
}

/** What is wrong before anything is sent, by the path of its control; the body where nothing is. */
export function flagBody(draft: NewFlagDraft): { body: FlagBody } | { errors: Record<string, string> } {
  const errors: Record<string, string> = {};
  const key = keyOf(draft);
  if (key === "") errors.key = "A flag needs a name or a key.";
  const variations = draft.variations.map(({ key: variation, value, name }, index) => {
    const read = typedValue(draft.type, value);
    if ("wrong" in read) errors[`variations[${index}].value`] = `The value ${read.wrong}.`;
    if (variation === "") errors[`variations[${index}].key`] = "A variation needs a key.";
    else if (draft.variations.findIndex((each) => each.key === variation) !== index)
      errors[`variations[${index}].key`] = "Another variation has this key.";
    return { key: variation, name, value: "value" in read ? read.value : null };
  });
  if (Object.keys(errors).length > 0) return { errors };
  // On, it serves the first variation that is not the one of off.
  const on = draft.variations.find((each) => each.key !== draft.offVariation)?.key ?? draft.offVariation;
  return {
    body: {
      key,
      name: draft.name.trim() || key,
      description: draft.description,
      type: draft.type,
      variations,
      off_variation: draft.offVariation,
      default: { variation: on },
      purpose: draft.purpose,
      expected_end: draft.expectedEnd === "" ? null : draft.expectedEnd,
      tags: draft.tags,
      owner: draft.owner,
      client_visible: draft.clientVisible,
    },
  };
}
