import classes from "./Swatch.module.css";

const COLORS = 5;

/** A variation's own colour, by its place among the flag's variations. */
export const variationColor = (index: number): string =>
  `var(--variation-${index < COLORS ? index : 1 + ((index - 1) % (COLORS - 1))})`;

export const wearsMarks = (index: number): boolean => index >= COLORS;

/** Decoration: its label stands beside it. */
export function Swatch({ index }: { index: number }) {
  const look = wearsMarks(index) ? `${classes.swatch} ${classes.again}` : classes.swatch;
  return <span aria-hidden className={look} style={{ backgroundColor: variationColor(Math.max(0, index)) }} />;
}
