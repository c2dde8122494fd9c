import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Badge } from "@/components/Badge";
import { DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { pagePath, useSearchState } from "@/lib/url";
import { sentenceOf } from "../model";
import { AGGREGATIONS } from "../parts/aggregations";
import { type Metric, useMetricList } from "../queries";

const KINDS = [
  "conversion",
  "retention",
  "funnel",
  "count",
  "sum",
  "mean",
  "distinct",
  "days",
  "ratio",
  "quantile",
] as const;

const search = z.object({
  q: z.string().default(""),
  type: z.enum(KINDS).or(z.literal("")).default(""),
  tag: z.string().default(""),
  archived: z.enum(["only"]).or(z.literal("")).default(""),
  sort: z.enum(["name", "-name", "updated_at", "-updated_at"]).default("name"),
});

export default function MetricsPage() {
  const { project } = usePlace();
  const navigate = useNavigate();
  const [filters, set] = useSearchState(search);
  const metrics = useMetricList(project.key, {
    q: filters.q || undefined,
    type: filters.type || undefined,
    tag: filters.tag || undefined,
    archived: filters.archived || undefined,
    sort: filters.sort,
  });
  const change = (more: Readonly<Record<string, unknown>>) => {
    const next = search.safeParse({ ...filters, ...more });
    if (next.success) set(next.data);
  };
  const filtered = filters.q !== "" || filters.type !== "" || filters.tag !== "" || filters.archived !== "";
  const create = (
    <Guarded right="metric:create">
      {(guard) => (
        <Button
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => void navigate({ to: pagePath(project.key, "metrics/new") })}
          {...guard}
        >
          Define metric
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader title="Metrics" subtitle="What is measured, defined once for all experiments." actions={create} />
      <FilterBar
        fields={[
          { name: "q", label: "Find by name or key", kind: "text" },
          {
            name: "type",
            label: "Kind",
            kind: "choice",
            options: AGGREGATIONS.map(({ value, label }) => ({ value, label })),
          },
          { name: "tag", label: "Tag", kind: "text" },
          { name: "archived", label: "Archived", kind: "choice", options: [{ value: "only", label: "Archived only" }] },
        ]}
        value={filters}
        onChange={change}
      />
      <QueryView query={metrics}>
        {(data) => (
          <DataTable<Metric>
            label="Metrics"
            rows={data.pages.flatMap((page) => page.items)}
            rowKey={(row) => row.key}
            href={(row) => pagePath(project.key, "metrics", row.key)}
            total={data.pages[0]?.total ?? null}
            sort={filters.sort}
            onSort={(sort) => change({ sort })}
            more={
              metrics.hasNextPage
                ? { loading: metrics.isFetchingNextPage, load: () => void metrics.fetchNextPage() }
                : null
            }
            columns={[
              { id: "name", header: "Metric", sort: "name", width: "24%", cell: (row) => row.name },
              { id: "sentence", header: "What it counts", cell: (row) => sentenceOf(row) },
              {
                id: "tags",
                header: "Tags",
                width: "16%",
                cell: (row) => row.tags.map((each) => <Badge key={each}>{each}</Badge>),
              },
              {
                id: "updated",
                header: "Changed",
                sort: "updated_at",
                width: "140px",
                cell: (row) => <Time at={row.updated_at} />,
              },
            ]}
            empty={
              filtered ? (
                <Empty
                  title="No metric matches"
                  action={
                    <Button variant="default" onClick={() => set({ q: "", type: "", tag: "", archived: "" })}>
                      Clear filters
                    </Button>
                  }
                />
              ) : (
                <Empty
                  title="No metric yet"
                  text="A metric is made of the events that your application sends, such as purchase."
                  action={create}
                />
              )
            }
          />
        )}
      </QueryView>
    </>
  );
}
