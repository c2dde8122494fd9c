/** What a write says beside its body. */

/** The version that was read, as `If-Match` wants it. */
export const ifMatch = (version: number): string => `"${version}"`;

/** Why, for the audit log; a header holds ASCII alone. Empty where no reason was given. */
export function reasonHeader(reason: string | undefined): { readonly "X-Verdict-Reason"?: string } {
  const text = reason?.trim() ?? "";
  return text === "" ? {} : { "X-Verdict-Reason": encodeURIComponent(text) };
}

/** Why something is taken back right after it was made: some environments ask for a reason of each change. */
export const undoHeader = reasonHeader("Undo");

/** Goes past missing approvals, by its own right. */
export function bypassHeader(bypass: boolean): { readonly "X-Verdict-Bypass"?: "true" } {
  return bypass ? { "X-Verdict-Bypass": "true" } : {};
}
