import type { ReactNode } from "react";
import classes from "./KeyValue.module.css";

interface Props {
  readonly items: readonly { readonly label: string; readonly value: ReactNode }[];
}

export function KeyValue({ items }: Props) {
  return (
    <dl className={classes.list}>
      {items.map((each) => (
        <div key={each.label} className={classes.item}>
          <dt>{each.label}</dt>
          <dd>{each.value}</dd>
        </div>
      ))}
    </dl>
  );
}
