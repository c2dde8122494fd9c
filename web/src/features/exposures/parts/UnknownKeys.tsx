import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { count } from "@/lib/format";
import { type UnknownFlag, unknownFlagsQuery } from "../queries";

const columns: readonly Column<UnknownFlag>[] = [
  { id: "key", header: "Key", cell: (row) => row.flag ?? "Further keys" },
  { id: "count", header: "Asked for", width: "110px", align: "right", cell: (row) => count(row.evaluations) },
  { id: "first", header: "Since", width: "130px", cell: (row) => <Time at={row.first_at} /> },
  { id: "last", header: "Last", width: "130px", cell: (row) => <Time at={row.last_at} /> },
  { id: "sdks", header: "By", cell: (row) => row.sdks.join(", ") || "–" },
  { id: "now", header: "", width: "130px", cell: (row) => row.exists && <Badge tone="good">exists by now</Badge> },
];

/** Keys that code asks for and that are no flag's: a typing error, or a flag that was deleted too early. */
export function UnknownKeys() {
  const { project, environment } = usePlace();
  const query = useQuery(unknownFlagsQuery(project.key, environment.key));
  return (
    <QueryView query={query}>
      {(told) => (
        <DataTable
          label="Unknown keys"
          rows={told.items}
          rowKey={(row) => row.flag ?? ""}
          columns={columns}
          empty={
            <Empty
              title="Every key that was asked for is a flag's"
              text="Keys with a typing error, and flags that were deleted while code still asks for them, would stand here."
            />
          }
        />
      )}
    </QueryView>
  );
}
