import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { environmentColor } from "@/lib/environment-color";
import { policyWords, ruleWords } from "../model";
import classes from "../pages/settings.module.css";
import { allEnvironmentsQuery, type Environment, policyQuery, useSettingsWrites } from "../queries";
import { EnvironmentForm } from "./EnvironmentForm";
import { PolicyForm } from "./PolicyForm";

export function Environments() {
  const { project } = usePlace();
  const query = useQuery(allEnvironmentsQuery(project.key));
  const [creating, setCreating] = useState(false);
  return (
    <>
      <div className={classes.head}>
        <p className={classes.hint}>They stand in an order: first where changes are tried, last what users get.</p>
        <Guarded right="environment:create">
          {(props) => (
            <Button onClick={() => setCreating(true)} {...props}>
              Create environment
            </Button>
          )}
        </Guarded>
      </div>
      <QueryView query={query}>
        {(environments) => (
          <div className={classes.stack}>
            {environments
              .toSorted((one, other) => Number(one.archived) - Number(other.archived) || one.position - other.position)
              .map((each) => (
                <EnvironmentCard key={each.key} environment={each} all={environments} />
              ))}
          </div>
        )}
      </QueryView>
      {creating && <EnvironmentForm environment={null} close={() => setCreating(false)} />}
    </>
  );
}

function EnvironmentCard({
  environment,
  all,
}: {
  readonly environment: Environment;
  readonly all: readonly Environment[];
}) {
  const { project } = usePlace();
  const writes = useSettingsWrites(project.key);
  const policy = useQuery({ ...policyQuery(project.key, environment.key), enabled: !environment.archived });
  const [asked, setAsked] = useState<"edit" | "archive" | "policy" | null>(null);
  const close = () => setAsked(null);
  const restore = async () => {
    try {
      const written = await writes.restoreEnvironment(environment);
      announce(written, {
        what: `Restored ${environment.name}`,
        undo: () => writes.archiveEnvironment(written.data),
      });
    } catch (thrown) {
      announceProblem(thrown);
    }
  };
  const names = [
    environment.hash_user_keys ? "User keys are stored as stand-ins." : "",
    environment.pii_attributes.length === 0 ? "" : `Personal: ${environment.pii_attributes.join(", ")}.`,
    environment.exposure_attributes.length === 0
      ? ""
      : `Exposures carry ${environment.exposure_attributes.join(", ")}.`,
  ].filter((each) => each !== "");
  return (
    <Card
      title={
        <span className={classes.name}>
          <span className={classes.dot} aria-hidden="true" style={{ background: environmentColor(environment, all) }} />
          {environment.name}
        </span>
      }
      subtitle={
        <>
          <code>{environment.key}</code> {environment.protected && <Badge tone="caution">Protected</Badge>}{" "}
          {environment.reason_required && <Badge>Asks for a reason</Badge>}{" "}
          {environment.archived && <Badge>Archived</Badge>}
        </>
      }
      actions={
        environment.archived ? (
          <Guarded right="environment:archive" environment={environment.key}>
            {(props) => (
              <Button size="xs" variant="default" onClick={() => void restore()} {...props}>
                Restore
              </Button>
            )}
          </Guarded>
        ) : (
          <>
            <Guarded right="environment:update" environment={environment.key}>
              {(props) => (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`Edit ${environment.name}`}
                  onClick={() => setAsked("edit")}
                  {...props}
                >
                  Edit
                </Button>
              )}
            </Guarded>
            <Guarded right="environment:update" environment={environment.key}>
              {(props) => (
                <Button
                  size="xs"
                  variant="default"
                  aria-label={`Approval policy of ${environment.name}`}
                  onClick={() => setAsked("policy")}
                  {...props}
                >
                  Approval policy
                </Button>
              )}
            </Guarded>
            <Guarded right="environment:archive" environment={environment.key}>
              {(props) => (
                <Button
                  size="xs"
                  variant="subtle"
                  color="red"
                  aria-label={`Archive ${environment.name}`}
                  onClick={() => setAsked("archive")}
                  {...props}
                >
                  Archive
                </Button>
              )}
            </Guarded>
          </>
        )
      }
    >
      {names.length > 0 && <p>{names.join(" ")}</p>}
      {!environment.archived && (
        <QueryView query={policy} part>
          {(found) => (
            <>
              <p>{policyWords(found)}</p>
              {found.required && found.rules.length > 0 && (
                <ul>
                  {found.rules.map((each) => (
                    <li key={ruleWords(each)}>{ruleWords(each)}</li>
                  ))}
                </ul>
              )}
            </>
          )}
        </QueryView>
      )}
      {asked === "edit" && <EnvironmentForm environment={environment} close={close} />}
      {asked === "policy" && policy.data !== undefined && (
        <PolicyForm policy={policy.data} name={environment.name} close={close} />
      )}
      <ConfirmDialog
        opened={asked === "archive"}
        onClose={close}
        title={`Archive ${environment.name}`}
        confirm={`Archive ${environment.name}`}
        tone="danger"
        onConfirm={async () => {
          const written = await writes.archiveEnvironment(environment);
          announce(written, {
            what: `Archived ${environment.name}`,
            undo: () => writes.restoreEnvironment(written.data),
          });
        }}
      >
        Its SDK keys open nothing any more, and no edge serves it. It can be restored.
      </ConfirmDialog>
    </Card>
  );
}
