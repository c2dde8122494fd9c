/** A memory of what texts were read as. */

/**
 * What a function gives for a text, remembered for the texts that were asked last.
 *
 * It holds at most twice `size`: when the young half is full it becomes the old one, and what was in the old one and
 * was not asked for since is forgotten. Undefined is remembered too.
 */
export class Remembered<Value> {
  readonly #read: (text: string) => Value;
  readonly #size: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(size: number, read: (text: string) => Value) {
    this.#size = size;
    this.#read = read;
  }

  of(text: string): Value {
    const found = this.#young.get(text);
    return found !== undefined || this.#young.has(text) ? (found as Value) : this.#anew(text);
  }

  #anew(text: string): Value {
    const value = this.#old.has(text) ? (this.#old.get(text) as Value) : this.#read(text);
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(text, value);
    return value;
  }
}
