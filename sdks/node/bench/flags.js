/** The flags and the users that every engine is measured with: those of benchmarks/engine_flags.py. */

export const FLAGS = 50;
/** The flag that is asked for. */
export const MEASURED = "flag-7";
export const KEYS = Array.from({ length: FLAGS }, (_, number) => `flag-${number}`);

export const SPLIT = {
  targetingKey: "user-123456",
  country: "US",
  plan: "team",
  age: 31,
  email: "bob@example.com",
  version: "1.3.0",
};
export const FIRST = { ...SPLIT, plan: "pro" };
const NOBODY = { ...SPLIT, email: "dave@example.org" };
const BETA = { ...NOBODY, email: "erin+beta@example.org" };

/** Users of every kind, and what they are served. */
export const EXPECTED = {
  "the first rule": [FIRST, true],
  "the first rule's other country": [{ ...FIRST, country: "X7" }, true],
  "the second rule and its segment": [BETA, true],
  "not the second rule": [{ ...BETA, age: 17 }, false],
  "not the segment's country": [{ ...BETA, country: "DE" }, false],
  "not the segment's plan": [{ ...BETA, plan: "free" }, false],
  "not the segment's age": [{ ...BETA, age: 18 }, false],
  "not the third rule's version": [{ ...SPLIT, version: "1.1.9" }, false],
  "no rule": [NOBODY, false],
};

/** What the first rule of a flag compares with; a little different in each, so that nothing is shared. */
export function countries(key) {
  return ["US", "DE", key.replace("flag-", "X")];
}

/** An object with what `make` makes of each flag's key. */
export function byKey(make) {
  return Object.fromEntries(KEYS.map((key) => [key, make(key)]));
}
