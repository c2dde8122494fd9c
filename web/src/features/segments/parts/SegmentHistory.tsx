import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Card } from "@/components/Card";
import { Guarded } from "@/components/Guarded";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { restoreSegment, type Segment, segmentHistoryQuery, segmentsKey } from "../queries";
import classes from "../segments.module.css";

/** What each write made of it, the newest first. */
export function SegmentHistory({ segment }: { readonly segment: Segment }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const query = useQuery(segmentHistoryQuery(project.key, segment.key));
  const restore = async (version: number) => {
    try {
      const written = await restoreSegment(project.key, segment.key, version);
      announce(written, { what: `Segment ${segment.key} is as in version ${version}` });
      await client.invalidateQueries({ queryKey: segmentsKey(project.key) });
    } catch (thrown) {
      announceProblem(thrown, `Version ${version} was not restored`);
    }
  };
  return (
    <QueryView query={query}>
      {(told) => (
        <ol className={classes.plain}>
          {told.items.map((each) => (
            <li key={each.entry}>
              <Card
                title={each.version === null ? "Deleted" : `Version ${each.version}`}
                subtitle={
                  <>
                    {each.by.name}, <Time at={each.at} />
                  </>
                }
                actions={
                  each.version === null || each.version === segment.version ? undefined : (
                    <RestoreVersion version={each.version} onRestore={restore} />
                  )
                }
              >
                <ul>
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
  );
}

interface RestoreProps {
  readonly version: number;
  readonly onRestore: (version: number) => Promise<void>;
}

function RestoreVersion({ version, onRestore }: RestoreProps) {
  return (
    <Guarded right="segment:update">
      {(guard) => (
        <Button variant="default" size="xs" onClick={() => void onRestore(version)} {...guard}>
          Restore version {version}
        </Button>
      )}
    </Guarded>
  );
}
