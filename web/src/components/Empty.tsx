import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./Empty.module.css";

interface Props {
  readonly title: string;
  readonly text?: ReactNode;
  /** The one next step. */
  readonly action?: ReactNode;
}

export function Empty({ title, text, action }: Props) {
  return (
    <div className={classes.empty}>
      <Title order={2} size="h3">
        {title}
      </Title>
      {text !== undefined && <p className={classes.text}>{text}</p>}
      {action}
    </div>
  );
}
