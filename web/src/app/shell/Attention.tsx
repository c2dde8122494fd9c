import { ActionIcon, Indicator, Popover } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Icon } from "@/components/Icon";
import { isPressing } from "@/features/overview/attention";
import { AttentionList } from "@/features/overview/parts/AttentionList";
import { attentionQuery } from "@/features/overview/queries";
import { useUnhealthy } from "@/features/overview/use-unhealthy";
import { plural } from "@/lib/format";
import classes from "./Attention.module.css";

/** The bell: what waits for whoever looks, on every page. */
export default function Attention() {
  const { project, environment } = usePlace();
  const [opened, setOpened] = useState(false);
  const items = useQuery(attentionQuery(project.key, environment.key)).data?.items ?? [];
  const unhealthy = useUnhealthy(project.key, environment.key);
  const waiting = items.length + unhealthy.length;
  const close = () => setOpened(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width={380} trapFocus returnFocus>
      <Indicator
        disabled={waiting === 0}
        color={unhealthy.length > 0 || items.some(isPressing) ? "red" : "blue"}
        size={8}
        offset={6}
        processing={false}
      >
        <Popover.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={waiting === 0 ? "Nothing waits for you" : `${plural(waiting, "thing")} waiting for you`}
            onClick={() => setOpened((before) => !before)}
          >
            <Icon name="bell" />
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown onClick={close}>
        <h2 className={classes.title}>Waits for you in {environment.name}</h2>
        {waiting === 0 ? (
          <p className={classes.none}>Nothing.</p>
        ) : (
          <div className={classes.list}>
            <AttentionList project={project.key} items={items} unhealthy={unhealthy} />
          </div>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}
