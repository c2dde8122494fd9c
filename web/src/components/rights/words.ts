interface Granters {
  readonly members: readonly { readonly name: string; readonly email: string }[];
  readonly others: boolean;
}

const NAMED = 2;

/** "Anna Lind can give it": whom to ask, by name where that is known. */
export function grantersWords(granters: Granters | undefined): string {
  if (granters === undefined) return "whoever manages members can give it";
  const names = granters.members.map((each) => each.name || each.email);
  if (names.length === 0) return "nobody can give it now";
  const others = granters.others || names.length > NAMED;
  return `${[...names.slice(0, NAMED), ...(others ? ["others"] : [])].join(" or ")} can give it`;
}
