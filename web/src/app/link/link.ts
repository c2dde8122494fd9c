/** What a one-time link carries behind its `#`, which no server ever sees. */

export type Purpose = "invitation" | "password-reset";

export interface OneTimeLink {
  readonly purpose: Purpose;
  readonly secret: string;
}

/** Null for a link that isn't whole. */
export function linkOf(hash: string): OneTimeLink | null {
  const [purpose, secret, ...more] = hash.replace(/^#/, "").split("=");
  if (secret === undefined || secret === "" || more.length > 0) return null;
  return purpose === "invitation" || purpose === "password-reset" ? { purpose, secret } : null;
}
