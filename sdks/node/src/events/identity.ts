/** Ids of events, and stand-ins of keys. */

import { createHmac, randomFillSync } from "node:crypto";

const POOL = Buffer.alloc(1600);
const RANDOM_BYTES = 10;
let used = POOL.length;

/** A UUID of version 7 (RFC 9562): its first 48 bits are the milliseconds. */
export function uuid7(now: number): string {
  if (used + RANDOM_BYTES > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  const time = now.toString(16).padStart(12, "0");
  const random = POOL.toString("hex", used, (used += RANDOM_BYTES));
  const variant = (0x8 | (parseInt(random.charAt(3), 16) & 0x3)).toString(16);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-${variant}${random.slice(4, 7)}-${random.slice(7, 19)}`;
}

/** Replaces keys of users and units by what only the holder of the secret could find again. */
export class Keys {
  readonly #secret: string | undefined;

  /** Without a secret keys stay as they are. */
  constructor(secret: string | undefined) {
    this.#secret = secret;
  }

  get hashed(): boolean {
    return this.#secret !== undefined;
  }

  told(key: string): string {
    return this.#secret === undefined ? key : createHmac("sha256", this.#secret).update(key, "utf8").digest("hex");
  }
}
