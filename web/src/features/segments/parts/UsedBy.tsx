import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { QueryView } from "@/components/QueryView";
import { entityPath } from "@/lib/entity-path";
import { groupedUses, touchedWords, type UseGroup } from "../model";
import { type Segment, segmentUsesQuery } from "../queries";

const columns: readonly Column<UseGroup>[] = [
  { id: "key", header: "What", cell: (row) => row.key },
  { id: "kind", header: "Kind", width: "120px", cell: (row) => row.kind },
  { id: "where", header: "In", width: "220px", cell: (row) => row.environments.join(", ") || "every environment" },
  { id: "through", header: "Through", cell: (row) => row.through.join(", ") || "directly" },
  {
    id: "active",
    header: "Now",
    width: "150px",
    cell: (row) => (row.active ? <Badge tone="info">evaluated now</Badge> : <Badge>off or archived</Badge>),
  },
];

/** What an edit of the segment reaches, through other segments and flags, too. */
export function UsedBy({ segment }: { readonly segment: Segment }) {
  const { project } = usePlace();
  const query = useQuery(segmentUsesQuery(project.key, segment.key));
  return (
    <QueryView query={query}>
      {(told) => (
        <>
          <p>{touchedWords(told.items)}</p>
          <DataTable
            label="Used by"
            rows={groupedUses(told.items)}
            rowKey={(row) => [row.kind, row.key, ...row.through].join(" ")}
            columns={columns}
            href={(row) => entityPath(project.key, row.kind, row.key) ?? ""}
            empty={<Empty title="Nothing uses it" text="It can be archived and deleted without anybody noticing." />}
          />
          {told.truncated && <p>There are more than are shown here.</p>}
        </>
      )}
    </QueryView>
  );
}
