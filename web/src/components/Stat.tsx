import type { ReactNode } from "react";
import { PageLink } from "./PageLink";
import classes from "./Stat.module.css";

type Tone = "good" | "caution" | "problem";

interface Props {
  readonly label: string;
  readonly value: ReactNode;
  readonly hint?: ReactNode;
  readonly tone?: Tone;
  /** Where not the figure but what stands below it asks for a look. */
  readonly hintTone?: Tone;
  /** The page that the figure is a summary of. */
  readonly to?: string;
}

export function Stat({ label, value, hint, tone, hintTone, to }: Props) {
  const inside = (
    <>
      <span className={classes.label}>{label}</span>
      <span className={classes.value} data-tone={tone}>
        {value}
      </span>
      {hint !== undefined && (
        <span className={classes.hint} data-tone={hintTone}>
          {hint}
        </span>
      )}
    </>
  );
  if (to === undefined) return <div className={classes.stat}>{inside}</div>;
  return (
    <PageLink to={to} className={`${classes.stat} ${classes.link}`}>
      {inside}
    </PageLink>
  );
}
