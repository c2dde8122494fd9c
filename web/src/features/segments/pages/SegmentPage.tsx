import { ActionIcon, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { ActReview } from "@/components/reviewing/ActReview";
import type { Act } from "@/components/reviewing/acts";
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
  const navigate = useNavigate();
  const [asked, setAsked] = useState<Act | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: segmentsKey(project.key) });
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size="lg" aria-label="More actions">
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Guarded right="segment:archive">
            {(guard) => (
              <Menu.Item
                leftSection={<Icon name="archive" size={16} />}
                onClick={() => setAsked(segment.archived ? "restore" : "archive")}
                {...guard}
              >
                {segment.archived ? "Restore segment" : "Archive segment"}
              </Menu.Item>
            )}
          </Guarded>
          {segment.archived && (
            <Guarded right="segment:delete">
              {(guard) => (
                <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => setAsked("delete")} {...guard}>
                  Delete segment
                </Menu.Item>
              )}
            </Guarded>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && (
        <ActReview
          entity="segment"
          entityKey={segment.key}
          action={asked}
          document={segment}
          act={(how) => actOnSegment(project.key, segment.key, asked, how)}
          refresh={refresh}
          {...(asked === "delete" ? { onDone: () => navigate({ to: pagePath(project.key, "segments") }) } : {})}
          onClose={() => setAsked(null)}
        >
          {MEANING[asked]}
        </ActReview>
      )}
    </>
  );
}
