import { Burger, Button } from "@mantine/core";
import { lazy, Suspense } from "react";
import { Icon } from "@/components/Icon";
import { keyLabel } from "@/lib/keyboard";
import { patiently } from "@/lib/patiently";
import { openPalette } from "../palette/state";
import classes from "./TopBar.module.css";

const Attention = lazy(() => patiently(() => import("./Attention")));
const EnvironmentSwitch = lazy(() => patiently(() => import("./EnvironmentSwitch")));
const PersonMenu = lazy(() => patiently(() => import("./PersonMenu")));

interface Props {
  readonly menuOpened: boolean;
  readonly onMenu: () => void;
  readonly hasEnvironment: boolean;
}

export function TopBar({ menuOpened, onMenu, hasEnvironment }: Props) {
  return (
    <div className={classes.bar}>
      <Burger
        opened={menuOpened}
        onClick={onMenu}
        hiddenFrom="sm"
        size="sm"
        aria-label="Pages"
        aria-expanded={menuOpened}
      />
      <Suspense fallback={<div className={classes.space} />}>{hasEnvironment && <EnvironmentSwitch />}</Suspense>
      <div className={classes.space} />
      {hasEnvironment && (
        <>
          <Button
            variant="default"
            className={classes.search ?? ""}
            leftSection={<Icon name="search" size={16} />}
            rightSection={<kbd className={classes.key}>{keyLabel("mod+k")}</kbd>}
            onClick={openPalette}
            visibleFrom="sm"
          >
            Search
          </Button>
          <Button variant="subtle" color="gray" px="xs" hiddenFrom="sm" aria-label="Search" onClick={openPalette}>
            <Icon name="search" />
          </Button>
          <Suspense fallback={<div className={classes.person} />}>
            <Attention />
          </Suspense>
        </>
      )}
      <Suspense fallback={<div className={classes.person} />}>
        <PersonMenu />
      </Suspense>
    </div>
  );
}
