import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./Icon";
import classes from "./PageHeader.module.css";
import { PageLink } from "./PageLink";

interface Props {
  readonly title: ReactNode;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  readonly tabs?: ReactNode;
  /** The list that this entity's page belongs to. */
  readonly back?: { readonly label: string; readonly to: string };
}

export function PageHeader({ title, subtitle, actions, tabs, back }: Props) {
  return (
    <header className={classes.header} data-tabs={tabs !== undefined || undefined}>
      {back !== undefined && (
        <PageLink to={back.to} className={classes.back}>
          <Icon name="left" size={14} />
          {back.label}
        </PageLink>
      )}
      <div className={classes.line}>
        <div className={classes.words}>
          <Title order={1} tabIndex={-1}>
            {title}
          </Title>
          {subtitle !== undefined && <div className={classes.subtitle}>{subtitle}</div>}
        </div>
        {actions !== undefined && <div className={classes.actions}>{actions}</div>}
      </div>
      {tabs}
    </header>
  );
}
