/** The order that gives variations their colours: the off variation first, since it is the control of most experiments. */
export function inColourOrder<T extends { readonly key: string }>(variations: readonly T[], off: string): T[] {
  return [...variations.filter((each) => each.key === off), ...variations.filter((each) => each.key !== off)];
}
