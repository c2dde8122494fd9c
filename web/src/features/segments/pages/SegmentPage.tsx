import { ActionIcon, Menu } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { askToConfirm } from "@/components/confirm";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { type Tab, Tabs } from "@/components/Tabs";
import { pagePath, useParams } from "@/lib/url";
import { SegmentEditor } from "../parts/SegmentEditor";
import { SegmentHistory } from "../parts/SegmentHistory";
import { UsedBy } from "../parts/UsedBy";
import { deleteSegment, type Segment, segmentQuery, segmentsKey, setArchived } from "../queries";

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

function Actions({ segment }: { readonly segment: Segment }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: segmentsKey(project.key) });
  const run = async (
    what: string,
    act: () => Promise<Parameters<typeof announce>[0]>,
    undo?: () => Promise<unknown>,
  ) => {
    setBusy(true);
    try {
      const written = await act();
      announce(written, {
        what,
        ...(undo === undefined
          ? {}
          : {
              undo: async () => {
                await undo();
                await refresh();
              },
            }),
      });
      await refresh();
      return true;
    } catch (thrown) {
      announceProblem(thrown, `Segment ${segment.key} stays as it is`);
      return false;
    } finally {
      setBusy(false);
    }
  };
  const archive = (archived: boolean) =>
    run(
      `${archived ? "Archived" : "Restored"} segment ${segment.key}`,
      () => setArchived(project.key, segment.key, archived),
      () => setArchived(project.key, segment.key, !archived),
    );
  const remove = async () => {
    const sure = await askToConfirm({
      title: `Delete segment ${segment.key}?`,
      text: "Its long list goes for good. History keeps the rest.",
      confirm: "Delete segment",
    });
    if (sure && (await run(`Deleted segment ${segment.key}`, () => deleteSegment(project.key, segment.key))))
      await navigate({ to: pagePath(project.key, "segments") });
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="default" size="lg" loading={busy} aria-label="More actions">
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Guarded right="segment:archive">
          {(guard) => (
            <Menu.Item
              leftSection={<Icon name="archive" size={16} />}
              onClick={() => void archive(!segment.archived)}
              {...guard}
            >
              {segment.archived ? "Restore segment" : "Archive segment"}
            </Menu.Item>
          )}
        </Guarded>
        {segment.archived && (
          <Guarded right="segment:delete">
            {(guard) => (
              <Menu.Item leftSection={<Icon name="trash" size={16} />} onClick={() => void remove()} {...guard}>
                Delete segment
              </Menu.Item>
            )}
          </Guarded>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
