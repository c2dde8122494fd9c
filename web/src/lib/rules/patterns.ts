/** A pattern tried on examples while it is typed. The engine's RE2 decides; what JavaScript reads otherwise isn't tried. */

export type Trial =
  | { tried: true; matches: { example: string; at: readonly [number, number] | null }[] }
  | { tried: false; why: string };

const EXAMPLE_LENGTH_MAX = 200;
/** Repeated groups that repeat inside take JavaScript exponential time, RE2 not. */
const COSTLY = /\([^()]*[*+}][^()]*\)[*+{]/;
const ONLY_RE2 = /\\[AzCQE]|\(\?P<|\(\?[a-z]*[sU]|\[\[:|\\p\{/;

export function tried(pattern: string, examples: readonly string[]): Trial {
  const flags = /^\(\?i\)/.test(pattern) ? "iu" : "u";
  const source = pattern.replace(/^\(\?i\)/, "");
  if (COSTLY.test(source) || ONLY_RE2.test(source))
    return { tried: false, why: "This pattern can only be tried by the engine: see Test." };
  let compiled: RegExp;
  try {
    compiled = new RegExp(source, flags);
  } catch {
    return { tried: false, why: "This is no complete pattern yet." };
  }
  return {
    tried: true,
    matches: examples.map((example) => {
      const found = compiled.exec(example.slice(0, EXAMPLE_LENGTH_MAX));
      return { example, at: found === null ? null : ([found.index, found.index + found[0].length] as const) };
    }),
  };
}
