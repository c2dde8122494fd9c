/** How variations and outcomes look: a colour, and a second sign beside it, since nothing is told by colour alone. */

const COLOURS = 5;

export type Outcome = "better" | "worse" | "unclear" | "unread";

/** `place`: the variation's in the experiment or flag, the control first. */
export function variationColour(place: number): string {
  return `var(--variation-${place % COLOURS})`;
}

/** The first five lines are solid; the next five dashed, then dotted. */
export function variationDash(place: number): string | undefined {
  return [undefined, "6 4", "2 3"][Math.floor(place / COLOURS) % 3];
}

const MARKERS = ["circle", "square", "triangle"] as const;

export type Marker = (typeof MARKERS)[number];

const SIGNS: Record<Outcome, string> = { better: "▲", worse: "▼", unclear: "◆", unread: "" };

export function outcomeSign(outcome: Outcome): string {
  return SIGNS[outcome];
}

export function outcomeColour(outcome: Outcome): string {
  return outcome === "unread" ? "var(--border-strong)" : `var(--${outcome})`;
}
