/** What is a unit, as docs/evaluation.md says. */

/** A text is its own unit, a number without a fraction below 2^53 its digits; nothing else is one. */
export function unitText(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return value;
    case "number":
      return Number.isSafeInteger(value) ? String(value === 0 ? 0 : value) : undefined;
    case "bigint":
      return Number.isSafeInteger(Number(value)) ? String(value) : undefined;
    default:
      return undefined;
  }
}
