import { useQuery, useQueryClient } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import type { Act } from "@/components/reviewing/acts";
import { EntityActions } from "@/components/reviewing/EntityActions";
import { type Tab, Tabs } from "@/components/Tabs";
import { pagePath, useParams } from "@/lib/url";
import { SegmentEditor } from "../parts/SegmentEditor";
import { SegmentHistory } from "../parts/SegmentHistory";
import { UsedBy } from "../parts/UsedBy";
import { actOnSegment, type Segment, segmentQuery, segmentsKey } from "../queries";

const TABS: readonly Tab[] = [
  { key: "who", label: "Who is in it", edit: "fields" },
  { key: "used-by", label: "Used by" },
  { key: "history", label: "History" },
];

export default function SegmentPage() {
  const { project } = usePlace();
  const { key, tab } = useParams();
  const query = useQuery(segmentQuery(project.key, key));
  return (
    <QueryView query={query}>
      {(segment) => (
        <>
          <PageHeader
            back={{ label: "Segments", to: pagePath(project.key, "segments") }}
            title={
              <>
                {segment.name} {segment.archived && <Badge>archived</Badge>}
              </>
            }
            subtitle={
              segment.name === segment.key
                ? "The same in every environment"
                : `${segment.key} · the same in every environment`
            }
            actions={<Actions segment={segment} />}
            tabs={<Tabs label="Segment" tabs={TABS} />}
          />
          {tab === "used-by" ? (
            <UsedBy segment={segment} />
          ) : tab === "history" ? (
            <SegmentHistory segment={segment} />
          ) : (
            <SegmentEditor key={segment.key} segment={segment} />
          )}
        </>
      )}
    </QueryView>
  );
}

const MEANING: Record<Act, string> = {
  archive: "No rule can name it any more. What names it now has to go first.",
  restore: "It has the keys and the condition that it had.",
  delete: "Its long list goes for good. History keeps the rest.",
};

function Actions({ segment }: { readonly segment: Segment }) {
  const { project } = usePlace();
  const client = useQueryClient();
  return (
    <EntityActions
      kind="segment"
      entity={segment}
      meaning={MEANING}
      act={(action, how) => actOnSegment(project.key, segment.key, action, how)}
      refresh={() => client.invalidateQueries({ queryKey: segmentsKey(project.key) })}
      list={pagePath(project.key, "segments")}
    />
  );
}
