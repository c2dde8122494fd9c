import { SegmentedControl } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import type { Subject } from "@/components/history/queries";
import { VersionList } from "@/components/history/VersionList";
import classes from "../configs.module.css";
import { type Config, configsKey } from "../queries";

/** What each write made of it, here or for all environments. */
export function ConfigHistory({ config }: { readonly config: Config }) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const [of, setOf] = useState("here");
  const entity = { project: project.key, key: config.key };
  const subject: Subject =
    of === "here"
      ? { ...entity, kind: "config_settings", environment: environment.key }
      : { ...entity, kind: "config" };
  return (
    <div className={classes.stack}>
      <SegmentedControl
        aria-label="History of"
        w="max-content"
        maw="100%"
        data={[
          { value: "here", label: `Values in ${environment.name}` },
          { value: "shared", label: "Shared value and schema" },
        ]}
        value={of}
        onChange={setOf}
      />
      <VersionList
        subject={subject}
        right="config:update"
        refresh={() => client.invalidateQueries({ queryKey: configsKey(project.key) })}
      />
    </div>
  );
}
