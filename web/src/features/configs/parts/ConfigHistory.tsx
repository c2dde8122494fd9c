import { Button, SegmentedControl } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import classes from "../configs.module.css";
import { type Config, configsKey, historyQuery, restoreVersion } from "../queries";

/** What each write made of it, here or for all environments. */
export function ConfigHistory({ config }: { readonly config: Config }) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const [of, setOf] = useState("here");
  const kind = of === "here" ? "config_settings" : "config";
  const where = of === "here" ? environment.key : undefined;
  const query = useQuery(historyQuery(project.key, kind, config.key, where));
  const restore = async (version: number) => {
    try {
      announce(await restoreVersion(project.key, kind, config.key, version, where), {
        what: `${config.key} is as in version ${version}`,
      });
      await client.invalidateQueries({ queryKey: configsKey(project.key) });
    } catch (thrown) {
      announceProblem(thrown, `Version ${version} was not restored`);
    }
  };
  return (
    <div className={classes.stack}>
      <SegmentedControl
        aria-label="History of"
        style={{ alignSelf: "flex-start" }}
        data={[
          { value: "here", label: `Values in ${environment.name}` },
          { value: "shared", label: "Shared value and schema" },
        ]}
        value={of}
        onChange={setOf}
      />
      <QueryView query={query}>
        {(told) => (
          <ol className={classes.overrides}>
            {told.items.map((each, index) => (
              <li key={each.entry}>
                <Card
                  title={each.version === null ? "Deleted" : `Version ${each.version}`}
                  subtitle={
                    <>
                      {each.by.name}, <Time at={each.at} />
                      {each.reason !== null && `: ${each.reason}`}
                    </>
                  }
                  actions={
                    each.version === null || index === 0 ? undefined : (
                      <Restore version={each.version} environment={where} onRestore={restore} />
                    )
                  }
                >
                  <ul className={classes.change}>
                    {each.changes.map((words) => (
                      <li key={words}>{words}</li>
                    ))}
                  </ul>
                </Card>
              </li>
            ))}
          </ol>
        )}
      </QueryView>
    </div>
  );
}

interface RestoreProps {
  readonly version: number;
  readonly environment: string | undefined;
  readonly onRestore: (version: number) => Promise<void>;
}

function Restore({ version, environment, onRestore }: RestoreProps) {
  return (
    <Guarded right="config:update" {...(environment === undefined ? {} : { environment })}>
      {(guard) => (
        <Button variant="default" size="xs" onClick={() => void onRestore(version)} {...guard}>
          Restore version {version}
        </Button>
      )}
    </Guarded>
  );
}
