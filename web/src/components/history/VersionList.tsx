import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { Right } from "@/api/rights";
import { announce, announceProblem } from "../announce";
import { Card } from "../Card";
import { Guarded } from "../Guarded";
import { QueryView } from "../QueryView";
import { Time } from "../Time";
import classes from "./history.module.css";
import { historyKey, historyQuery, restoreVersion, type Subject, type Version } from "./queries";
import { undoOf } from "./undo";

interface Props {
  readonly subject: Subject;
  /** What one needs to bring a version back. */
  readonly right: Right;
  /** Reads the entity anew. */
  readonly refresh: () => Promise<unknown>;
}

/** What each write made of it, the newest first, and the way back to each. */
export function VersionList({ subject, right, refresh }: Props) {
  const client = useQueryClient();
  const query = useQuery(historyQuery(subject));
  const again = async () => {
    await Promise.all([refresh(), client.invalidateQueries({ queryKey: historyKey(subject) })]);
  };
  const restore = async (version: number) => {
    try {
      const written = await restoreVersion(subject, version);
      announce(written, {
        what: `${subject.key} is as in version ${version}`,
        undo: undoOf(subject, written, again),
      });
      await again();
    } catch (thrown) {
      announceProblem(thrown, `Version ${version} was not restored`);
    }
  };
  return (
    <QueryView query={query}>
      {({ items }) => (
        <ol className={classes.versions}>
          {items.map((each, index) => (
            <li key={each.entry}>
              <One
                version={each}
                {...(index === 0 || each.version === null || each.deleted
                  ? {}
                  : {
                      restore: <Restore version={each.version} subject={subject} right={right} onRestore={restore} />,
                    })}
              />
            </li>
          ))}
        </ol>
      )}
    </QueryView>
  );
}

function One({ version, restore }: { readonly version: Version; readonly restore?: React.ReactNode }) {
  return (
    <Card
      title={version.version === null || version.deleted ? "Deleted" : `Version ${version.version}`}
      subtitle={
        <>
          {version.by.name}, <Time at={version.at} />
          {version.reason !== null && `: “${version.reason}”`}
        </>
      }
      actions={restore}
    >
      <ul className={classes.changes}>
        {version.changes.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
    </Card>
  );
}

interface RestoreProps extends Pick<Props, "subject" | "right"> {
  readonly version: number;
  readonly onRestore: (version: number) => Promise<void>;
}

function Restore({ version, subject, right, onRestore }: RestoreProps) {
  const where = subject.environment === undefined ? {} : { environment: subject.environment };
  return (
    <Guarded right={right} {...where}>
      {(guard) => (
        <Button variant="default" size="xs" onClick={() => void onRestore(version)} {...guard}>
          Restore version {version}
        </Button>
      )}
    </Guarded>
  );
}
