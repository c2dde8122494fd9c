/** Which of the edge's addresses is asked. */

/** Addresses in the order of preference; the one that works is kept. */
export class Endpoints {
  readonly #addresses: readonly string[];
  #current = 0;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  /** The address to ask; "" where there is none. */
  get current(): string {
    return this.#addresses[this.#current] ?? "";
  }

  /** The one that is preferred. */
  get first(): string {
    return this.#addresses[0] ?? "";
  }

  /** Is it another one than the preferred? */
  get elsewhere(): boolean {
    return this.#current > 0;
  }

  /** The current one has failed: the next is asked. */
  failed(): void {
    this.#current = (this.#current + 1) % Math.max(1, this.#addresses.length);
  }

  /** The preferred one is asked again. */
  back(): void {
    this.#current = 0;
  }
}
