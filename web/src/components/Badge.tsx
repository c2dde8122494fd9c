import type { ReactNode } from "react";
import classes from "./Badge.module.css";

export type Tone = "neutral" | "info" | "good" | "caution" | "problem";

interface Props {
  readonly tone?: Tone;
  readonly children: ReactNode;
  readonly title?: string;
}

/** A word with a colour: the word says it all, the colour only helps to find it. */
export function Badge({ tone = "neutral", children, title }: Props) {
  return (
    <span className={classes.badge} data-tone={tone} title={title}>
      {children}
    </span>
  );
}
