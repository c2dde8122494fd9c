/** What many rows ask for one by one within a moment, as few questions. */

interface Limits {
  /** How long others are waited for. */
  readonly milliseconds: number;
  readonly keysMax: number;
  /** Of all keys with a comma between: addresses are no place for more. */
  readonly lengthMax: number;
}

type Load<T> = (keys: readonly string[]) => Promise<ReadonlyMap<string, T>>;

/** A function that gives what `load` found for a key; undefined where it found nothing. */
export function batched<T>(load: Load<T>, limits: Limits): (key: string) => Promise<T | undefined> {
  let keys = new Set<string>();
  let coming: Promise<ReadonlyMap<string, T>> | null = null;

  const begin = async () => {
    await new Promise((resolve) => setTimeout(resolve, limits.milliseconds));
    const asked = split([...keys], limits);
    keys = new Set();
    coming = null;
    const found = await Promise.all(asked.map((each) => load(each)));
    return new Map(found.flatMap((each) => [...each]));
  };
  return async (key) => {
    keys.add(key);
    coming ??= begin();
    return (await coming).get(key);
  };
}

/** In their order, each part within the limits. */
export function split(keys: readonly string[], { keysMax, lengthMax }: Omit<Limits, "milliseconds">): string[][] {
  const parts: string[][] = [];
  let length = 0;
  for (const key of keys) {
    const last = parts.at(-1);
    if (last === undefined || last.length >= keysMax || length + 1 + key.length > lengthMax) {
      parts.push([key]);
      length = key.length;
    } else {
      last.push(key);
      length += 1 + key.length;
    }
  }
  return parts;
}
