/** What a flag serves in an environment, in a few words: "on for 12.5% of beta, else off". */

import { conditionOf, inWords } from "@/lib/rules";

interface Share {
  readonly variation: string;
  readonly weight: number;
}

export interface Serves {
  readonly kind: "off" | "one" | "split" | "rules";
  readonly shares: readonly Share[];
  readonly rules: number;
  readonly targets: number;
  readonly rule: { readonly if: unknown; readonly shares: readonly Share[] } | null;
}

const WORDS_MAX = 60;

/** `off` is the off variation: it comes last, what is rolled out first. */
export function servedWords(serves: Serves, off: string): string {
  const rest = sharesWords(serves.shares, off);
  const targets = serves.targets === 0 ? "" : `; ${serves.targets} ${serves.targets === 1 ? "target" : "targets"}`;
  switch (serves.kind) {
    case "off":
      return "off";
    case "one":
      return `${rest} for everybody${targets}`;
    case "split":
      return `${rest}${targets}`;
    default:
      return `${rulesWords(serves, off)}, else ${rest}${targets}`;
  }
}

function rulesWords({ rule, rules }: Serves, off: string): string {
  if (rule === null) return `${rules} ${rules === 1 ? "rule" : "rules"}`;
  const who = whoWords(rule.if);
  const served = inOrder(rule.shares, off);
  const [first] = served;
  if (first === undefined) return "1 rule";
  return served.length === 1
    ? `${first.variation} for ${who}`
    : `${first.variation} for ${percentWords(first.weight)} of ${who}`;
}

function whoWords(document: unknown): string {
  const condition = conditionOf(document);
  if (condition === null) return "some";
  if ("segment" in condition) return condition.segment;
  const words = inWords(condition);
  return `whoever: ${words.length > WORDS_MAX ? `${words.slice(0, WORDS_MAX - 1)}…` : words}`;
}

function sharesWords(shares: readonly Share[], off: string): string {
  const served = inOrder(shares, off);
  const [first] = served;
  if (served.length === 1 && first !== undefined) return first.variation;
  return served.map((each) => `${each.variation} for ${percentWords(each.weight)}`).join(", ");
}

function inOrder(shares: readonly Share[], off: string): readonly Share[] {
  const served = shares.filter((each) => each.weight > 0);
  return [...served.filter((each) => each.variation !== off), ...served.filter((each) => each.variation === off)];
}

function percentWords(weight: number): string {
  return `${Number(weight.toFixed(2))}%`;
}
