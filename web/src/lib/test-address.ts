import { pagePath } from "./url";

/** Longer addresses are cut off somewhere on their way. */
const LENGTH_MAX = 6_000;

interface Asked {
  readonly environment: string;
  readonly flag: string;
  /** Changed settings, to be asked as if they were saved. */
  readonly draft?: Readonly<Record<string, unknown>>;
}

/** The page that explains what users get of a flag; null where a draft is too long for an address. */
export function testAddress(project: string, { environment, flag, draft }: Asked): string | null {
  const search = new URLSearchParams({ env: environment, flag });
  if (draft !== undefined) search.set("draft", JSON.stringify(draft));
  const address = `${pagePath(project, "test")}?${search}`;
  return address.length > LENGTH_MAX ? null : address;
}
