import { Title } from "@mantine/core";
import { type ReactNode, useId } from "react";
import classes from "./Card.module.css";

interface Props {
  readonly title?: ReactNode;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

export function Card({ title, subtitle, actions, children }: Props) {
  const id = useId();
  return (
    <section className={classes.card} {...(title === undefined ? {} : { "aria-labelledby": id })}>
      {(title !== undefined || actions !== undefined) && (
        <div className={classes.head}>
          <div>
            {title !== undefined && (
              <Title order={2} size="h3" id={id}>
                {title}
              </Title>
            )}
            {subtitle !== undefined && <div className={classes.subtitle}>{subtitle}</div>}
          </div>
          {actions !== undefined && <div className={classes.actions}>{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
