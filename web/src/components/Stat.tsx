import type { ReactNode } from "react";
import { PageLink } from "./PageLink";
import classes from "./Stat.module.css";

interface Props {
  readonly label: string;
  readonly value: ReactNode;
  readonly hint?: ReactNode;
  readonly tone?: "good" | "caution" | "problem";
  /** The page that the figure is a summary of. */
  readonly to?: string;
}

export function Stat({ label, value, hint, tone, to }: Props) {
  const inside = (
    <>
      <span className={classes.label}>{label}</span>
      <span className={classes.value} data-tone={tone}>
        {value}
      </span>
      {hint !== undefined && <span className={classes.hint}>{hint}</span>}
    </>
  );
  if (to === undefined) return <div className={classes.stat}>{inside}</div>;
  return (
    <PageLink to={to} className={`${classes.stat} ${classes.link}`}>
      {inside}
    </PageLink>
  );
}
