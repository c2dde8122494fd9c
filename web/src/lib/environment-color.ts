/** One colour for each environment, by its place among its project's; a protected one is always red-brown. */

interface Environment {
  readonly key: string;
  readonly protected: boolean;
}

const OPEN = ["#2f9e77", "#3b82c4", "#8a63c9", "#b7791f", "#5f7186"] as const;
const PROTECTED = "#c2410c";

export function environmentColor(environment: Environment, all: readonly Environment[]): string {
  if (environment.protected) return PROTECTED;
  const place = all.filter((each) => !each.protected).findIndex((each) => each.key === environment.key);
  return OPEN[Math.max(place, 0) % OPEN.length] ?? OPEN[0];
}
