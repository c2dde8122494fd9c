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
import { pagePath, useSearchState } from "@/lib/url";
import { Goal, Health, Progress, Verdict } from "../list/cells";
import styles from "../list/list.module.css";
import { useStandings } from "../list/queries";
import { SectionTabs } from "../list/SectionTabs";
import { type Experiment, useExperiments } from "../queries";
import { statusTone, statusWord } from "../words";

const search = z.object({
  q: z.string().default(""),
  state: z.enum(["draft", "running", "stopped", "scheduled", "paused"]).or(z.literal("")).default(""),
  tag: z.string().default(""),
  archived: z.enum(["only"]).or(z.literal("")).default(""),
  sort: z
    .enum(["key", "-key", "name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"])
    .default("-updated_at"),
});

const STATES = ["draft", "scheduled", "running", "paused", "stopped"] as const;

export default function ExperimentsPage() {
  const { project, environment } = usePlace();
  const navigate = useNavigate();
  const [filters, set] = useSearchState(search);
  const standings = useStandings(project.key, environment.key);
  const experiments = useExperiments(project.key, {
    environment: environment.key,
    q: filters.q || undefined,
    state: filters.state || undefined,
    tag: filters.tag || undefined,
    archived: filters.archived || undefined,
    sort: filters.sort,
  });
  const change = (more: Readonly<Record<string, unknown>>) => {
    const next = search.safeParse({ ...filters, ...more });
    if (next.success) set(next.data);
  };
  const filtered = filters.q !== "" || filters.state !== "" || filters.tag !== "" || filters.archived !== "";
  const create = (
    <Guarded right="experiment:create" environment={environment.key}>
      {(guard) => (
        <Button
          leftSection={<Icon name="plus" size={16} />}
          onClick={() => void navigate({ to: pagePath(project.key, "experiments/new") })}
          {...guard}
        >
          Design experiment
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title="Experiments"
        subtitle={`In ${environment.name}.`}
        actions={create}
        tabs={<SectionTabs current="experiments" />}
      />
      <FilterBar
        fields={[
          { name: "q", label: "Find by name or key", kind: "text" },
          {
            name: "state",
            label: "State",
            kind: "choice",
            options: STATES.map((each) => ({ value: each, label: statusWord(each) })),
          },
          { name: "tag", label: "Tag", kind: "text" },
          { name: "archived", label: "Archived", kind: "choice", options: [{ value: "only", label: "Archived only" }] },
        ]}
        value={filters}
        onChange={change}
      />
      <QueryView query={standings} part skeleton={<span />}>
        {() => null}
      </QueryView>
      <QueryView query={experiments}>
        {(data) => {
          const rows = data.pages.flatMap((page) => page.items);
          const standing = (row: Experiment) => (standings.isPending ? "pending" : standings.data?.byKey.get(row.key));
          return (
            <DataTable<Experiment>
              label="Experiments"
              rows={rows}
              rowKey={(row) => row.key}
              href={(row) => pagePath(project.key, "experiments", row.key)}
              total={data.pages[0]?.total ?? null}
              sort={filters.sort}
              onSort={(sort) => change({ sort })}
              more={
                experiments.hasNextPage
                  ? { loading: experiments.isFetchingNextPage, load: () => void experiments.fetchNextPage() }
                  : null
              }
              columns={[
                {
                  id: "name",
                  header: "Experiment",
                  sort: "name",
                  width: "24%",
                  cell: (row) => (
                    <>
                      <span className={styles.name}>{row.name}</span>
                      <span className={styles.key}>on {row.flag}</span>
                    </>
                  ),
                },
                {
                  id: "state",
                  header: "State",
                  width: "100px",
                  cell: (row) => <Badge tone={statusTone(row.status)}>{statusWord(row.status)}</Badge>,
                },
                {
                  id: "units",
                  header: "Units",
                  width: "150px",
                  cell: (row) => <Progress experiment={row} standing={standing(row)} />,
                },
                {
                  id: "health",
                  header: "Health",
                  width: "116px",
                  cell: (row) => (row.start_at === null ? null : <Health standing={standing(row)} />),
                },
                {
                  id: "goal",
                  header: "First goal",
                  width: "20%",
                  cell: (row) => (row.start_at === null ? null : <Goal standing={standing(row)} />),
                },
                {
                  id: "verdict",
                  header: "Decision",
                  width: "16%",
                  cell: (row) => (row.start_at === null ? null : <Verdict standing={standing(row)} />),
                },
              ]}
              empty={
                filtered ? (
                  <Empty
                    title="No experiment matches"
                    action={
                      <Button variant="default" onClick={() => set({ q: "", state: "", tag: "", archived: "" })}>
                        Clear filters
                      </Button>
                    }
                  />
                ) : (
                  <Empty
                    title={`No experiment in ${environment.name} yet`}
                    text="Design one: say what you believe, on which flag it is tried, and by which metric it is seen."
                    action={create}
                  />
                )
              }
            />
          );
        }}
      </QueryView>
    </>
  );
}
