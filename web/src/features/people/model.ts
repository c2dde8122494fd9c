/** Roles and rights in words: who may do what, and why. */

import type { HeldRole, MemberPermissions, Right } from "./queries";

/** "developer in production of shop, by the group web". */
export function heldWords(held: HeldRole): string {
  const where =
    held.environment !== null
      ? `in ${held.environment} of ${held.project}`
      : held.project !== null
        ? `in ${held.project}`
        : "in the organization";
  const by =
    held.binding === null ? "as a member" : held.group === null ? "given to them" : `by the group ${held.group}`;
  return `${held.role} ${where}, ${by}`;
}

export interface NounRights {
  readonly noun: string;
  readonly rights: readonly { readonly right: Right; readonly verb: string; readonly by: readonly number[] }[];
}

type Given = MemberPermissions["project"];

/** All rights of the closed list by what they are about, with who gives each; what nobody gives has none. */
export function byNoun(all: readonly Right[], given: Given): readonly NounRights[] {
  const by = new Map(given.map((each) => [each.right, each.by]));
  const nouns = new Map<string, NounRights["rights"]>();
  for (const right of all) {
    const [noun = "", verb = ""] = right.split(":");
    nouns.set(noun, [...(nouns.get(noun) ?? []), { right, verb, by: by.get(right) ?? [] }]);
  }
  return [...nouns].map(([noun, rights]) => ({ noun, rights }));
}

export const nounWords = (noun: string): string => noun.replaceAll("_", " ").replace(/^sdk/, "SDK");
export const verbWords = (verb: string): string => verb.replaceAll("_", " ").replace("toggle", "switch");

/** A key out of a name: "Release managers" -> "release-managers". */
export const keyOf = (name: string): string =>
  name
    .toLowerCase()
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 128);
