/** One colour for each environment: the one that somebody chose, else by its place among its project's. */

export type ColorName = "automatic" | keyof typeof CHOSEN;

interface Environment {
  readonly key: string;
  readonly protected: boolean;
  readonly color: ColorName;
}

const CHOSEN = {
  green: "#2f9e77",
  blue: "#3b82c4",
  violet: "#8a63c9",
  pink: "#c2528b",
  red: "#c2410c",
  amber: "#b7791f",
  teal: "#0e8a99",
  gray: "#5f7186",
} as const;
const OPEN = [CHOSEN.green, CHOSEN.blue, CHOSEN.violet, CHOSEN.amber, CHOSEN.gray] as const;

export const COLORS: readonly { readonly value: ColorName; readonly label: string }[] = [
  { value: "automatic", label: "By its place" },
  { value: "green", label: "Green" },
  { value: "blue", label: "Blue" },
  { value: "violet", label: "Violet" },
  { value: "pink", label: "Pink" },
  { value: "red", label: "Red" },
  { value: "amber", label: "Amber" },
  { value: "teal", label: "Teal" },
  { value: "gray", label: "Grey" },
];

export function colorOf(name: string | null): ColorName {
  return COLORS.find((each) => each.value === name)?.value ?? "automatic";
}

/** A protected one is red where nobody chose: production looks like no other. */
export function environmentColor(environment: Environment, all: readonly Environment[]): string {
  if (environment.color !== "automatic") return CHOSEN[environment.color];
  if (environment.protected) return CHOSEN.red;
  const place = all.filter((each) => !each.protected).findIndex((each) => each.key === environment.key);
  return OPEN[Math.max(place, 0) % OPEN.length] ?? OPEN[0];
}
