import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { plural } from "@/lib/format";
import { pagePath, useSearchState } from "@/lib/url";
import { whoWords } from "../model";
import { CreateSegment } from "../parts/CreateSegment";
import { type Segment, segmentListQuery } from "../queries";
import classes from "../segments.module.css";

const SORTS = ["key", "-key", "updated_at", "-updated_at"] as const;
const schema = z.object({
  q: z.string().default(""),
  archived: z.enum(["true", "only"]).optional(),
  sort: z.enum(SORTS).default("key"),
});

const columns: readonly Column<Segment>[] = [
  {
    id: "name",
    header: "Segment",
    sort: "key",
    width: "26%",
    cell: (row) => (
      <span className={classes.name}>
        <span>{row.name}</span>
        {row.name !== row.key && <span className={classes.key}>{row.key}</span>}
      </span>
    ),
  },
  { id: "who", header: "Who is in it", cell: (row) => <span className={classes.who}>{whoWords(row)}</span> },
  { id: "tags", header: "Tags", width: "150px", cell: (row) => row.tags.join(", ") || "–" },
  { id: "owner", header: "Owner", width: "180px", cell: (row) => <Address email={row.owner} /> },
  { id: "changed", header: "Changed", width: "130px", sort: "updated_at", cell: (row) => <Time at={row.updated_at} /> },
];

export default function SegmentsPage() {
  const { project } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const [creating, setCreating] = useState(false);
  const parameters = {
    sort: search.sort,
    ...(search.q.trim() === "" ? {} : { q: search.q.trim() }),
    ...(search.archived === undefined ? {} : { archived: search.archived }),
  };
  const query = useInfiniteQuery({ ...segmentListQuery(project.key, parameters), placeholderData: (before) => before });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? null;
  const create = (
    <Guarded right="segment:create">
      {(guard) => (
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)} {...guard}>
          Create segment
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Segments"
        subtitle={total === null ? "\u00a0" : `${plural(total, "segment")}, the same in every environment`}
        actions={create}
      />
      <FilterBar
        fields={[
          { name: "q", label: "Find by key, name or description", kind: "text" },
          {
            name: "archived",
            label: "Archived",
            kind: "choice",
            options: [
              { value: "true", label: "Archived ones, too" },
              { value: "only", label: "Archived ones only" },
            ],
          },
        ]}
        value={search}
        onChange={(change) =>
          setSearch(schema.parse({ ...search, ...change, ...(change.archived === "" ? { archived: undefined } : {}) }))
        }
      />
      <QueryView query={query}>
        {() => (
          <DataTable
            label="Segments"
            rows={rows}
            rowKey={(row) => row.key}
            columns={columns}
            href={(row) => pagePath(project.key, "segments", row.key)}
            sort={search.sort}
            onSort={(sort) => setSearch({ sort: SORTS.find((each) => each === sort) ?? "key" })}
            more={
              query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null
            }
            total={total}
            empty={
              search.q !== "" || search.archived !== undefined ? (
                <Empty
                  title="No segment fits these filters"
                  action={
                    <Button variant="default" onClick={() => setSearch({ q: "", archived: undefined })}>
                      Clear filters
                    </Button>
                  }
                />
              ) : (
                <Empty
                  title="No segments yet"
                  text="A segment is an audience that flags, configs and experiments share: listed people, and a condition for everybody else."
                  action={create}
                />
              )
            }
          />
        )}
      </QueryView>
      {creating && <CreateSegment onClose={() => setCreating(false)} />}
    </>
  );
}
