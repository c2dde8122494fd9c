/** What a flag serves in an environment, in a few words. */

interface Switched {
  readonly environments: Readonly<Record<string, { readonly enabled: boolean }>>;
}

export function servedWords(flag: Switched, environment: string): string {
  return flag.environments[environment]?.enabled ? "on" : "off";
}
