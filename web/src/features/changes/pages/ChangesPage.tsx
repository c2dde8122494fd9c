import { SegmentedControl } from "@mantine/core";
import { useMemo } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { Badge } from "@/components/Badge";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { useMemberNames } from "@/components/use-member-names";
import { pagePath, useSearchState } from "@/lib/url";
import { STATES, standing } from "../model";
import { type ChangeSummary, useChanges } from "../queries";
import classes from "./changes.module.css";

const schema = z.object({
  whose: z.enum(["review", "mine", "all"]).default("review"),
  state: z.enum(["open", "scheduled", "rejected", "applied", "withdrawn"]).nullable().default(null),
  where: z.string().nullable().default(null),
});

const WHOSE = [
  { value: "review", label: "To review" },
  { value: "mine", label: "Mine" },
  { value: "all", label: "All" },
] as const;

const columnsOf = (names: ReadonlyMap<string, string>): readonly Column<ChangeSummary>[] => [
  {
    id: "title",
    header: "Change",
    cell: (row) => (
      <>
        <span className={classes.number}>#{row.number}</span> {row.title}
      </>
    ),
  },
  {
    id: "state",
    header: "State",
    width: "140px",
    cell: (row) => {
      const { label, tone } = standing(row);
      return <Badge tone={tone}>{label}</Badge>;
    },
  },
  { id: "where", header: "Environments", width: "16%", cell: (row) => row.environments.join(", ") },
  { id: "edits", header: "Edits", width: "70px", align: "right", cell: (row) => row.edits_count },
  {
    id: "author",
    header: "Proposed by",
    width: "20%",
    cell: (row) => <Address email={row.author.name} name={names.get(row.author.name)} />,
  },
  { id: "updated", header: "Updated", width: "140px", cell: (row) => <Time at={row.updated_at} /> },
];

export default function ChangesPage() {
  const { project, environments, person } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const { query, more } = useChanges(project.key, {
    waitingForMe: search.whose === "review",
    author: search.whose === "mine" ? person.id : null,
    state: search.whose === "review" ? null : search.state,
    environment: search.where,
  });
  const names = useMemberNames();
  const columns = useMemo(() => columnsOf(names), [names]);
  const filtered = search.state !== null || search.where !== null;
  return (
    <>
      <PageHeader title="Changes" subtitle="What people have proposed, agreed on and applied in this project." />
      <div className={classes.filters}>
        <SegmentedControl
          aria-label="Whose changes"
          data={WHOSE.map((each) => ({ ...each }))}
          value={search.whose}
          onChange={(value) => setSearch({ whose: schema.shape.whose.parse(value) })}
        />
        <FilterBar
          fields={[
            ...(search.whose === "review"
              ? []
              : [
                  {
                    name: "state",
                    label: "State",
                    kind: "choice" as const,
                    options: Object.entries(STATES).map(([value, each]) => ({ value, label: each.label })),
                  },
                ]),
            {
              name: "where",
              label: "Environment",
              kind: "choice",
              options: environments.map((each) => ({ value: each.key, label: each.name })),
            },
          ]}
          value={{ state: search.state, where: search.where }}
          onChange={(change) => setSearch(schema.parse({ ...search, ...emptied(change) }))}
        />
      </div>
      <QueryView query={query}>
        {(rows) => (
          <DataTable
            label="Change requests"
            rows={rows}
            rowKey={(row) => String(row.number)}
            columns={columns}
            href={(row) => pagePath(project.key, "changes", String(row.number))}
            more={more}
            empty={<Nothing whose={search.whose} filtered={filtered} />}
          />
        )}
      </QueryView>
    </>
  );
}

function emptied(change: Readonly<Record<string, string | string[]>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, value === "" ? null : value]));
}

function Nothing({ whose, filtered }: { readonly whose: "review" | "mine" | "all"; readonly filtered: boolean }) {
  if (filtered) return <Empty title="No change request fits these filters" text="Clear a filter to see more." />;
  if (whose === "review") {
    return (
      <Empty
        title="Nothing waits for your review"
        text="Requests that you may approve appear here, as soon as somebody proposes them."
      />
    );
  }
  const text =
    "Edit a flag, segment, config or experiment: where an environment needs approval, its Review asks for it and the request stands here.";
  return (
    <Empty
      title={whose === "mine" ? "You have proposed nothing yet" : "Nobody has proposed anything yet"}
      text={text}
    />
  );
}
