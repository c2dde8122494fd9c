/** Which element of a list was which before. */

import { same } from "@/lib/json";

type Element = Readonly<Record<string, unknown>>;

/**
 * For each element its place before, or null where it is new. By name where both have one; what is nameless on a side
 * (a request's rules often have no id) belongs to what reads the same, and then to what stood at its place.
 */
export function counterparts(
  before: readonly Element[],
  after: readonly Element[],
  nameOf: (element: Element) => string | undefined,
): (number | null)[] {
  const free = new Set(before.keys());
  const found: (number | null)[] = after.map(() => null);
  const pair = (matches: (old: Element, one: Element, place: number, index: number) => boolean) => {
    for (const [index, one] of after.entries()) {
      if (found[index] !== null) continue;
      for (const place of free) {
        const old = before[place];
        if (old === undefined || !matches(old, one, place, index)) continue;
        found[index] = place;
        free.delete(place);
        break;
      }
    }
  };
  const nameless = (old: Element, one: Element) => nameOf(old) === undefined || nameOf(one) === undefined;
  pair((old, one) => nameOf(one) !== undefined && nameOf(old) === nameOf(one));
  pair((old, one) => nameless(old, one) && same(withoutId(old), withoutId(one)));
  pair((old, one, place, index) => place === index && nameless(old, one));
  return found;
}

function withoutId({ id: _, ...rest }: Element): Element {
  return rest;
}
