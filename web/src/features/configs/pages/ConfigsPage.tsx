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
import classes from "../configs.module.css";
import { outlineWords } from "../model";
import { CreateConfig } from "../parts/CreateConfig";
import { type Config, configListQuery } from "../queries";

const SORTS = ["key", "-key", "updated_at", "-updated_at"] as const;
const schema = z.object({
  q: z.string().default(""),
  archived: z.enum(["true", "only"]).optional(),
  sort: z.enum(SORTS).default("key"),
});

export default function ConfigsPage() {
  const { project, environments } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const [creating, setCreating] = useState(false);
  const query = useInfiniteQuery({
    ...configListQuery(project.key, {
      sort: search.sort,
      ...(search.q.trim() === "" ? {} : { q: search.q.trim() }),
      ...(search.archived === undefined ? {} : { archived: search.archived }),
    }),
    placeholderData: (before) => before,
  });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? null;
  const columns = useMemo(
    (): readonly Column<Config>[] => [
      {
        id: "name",
        header: "Config",
        sort: "key",
        cell: (row) => (
          <span className={classes.name}>
            <span>{row.name}</span>
            {row.name !== row.key && <span className={classes.key}>{row.key}</span>}
          </span>
        ),
      },
      ...environments.slice(-3).map(
        (each): Column<Config> => ({
          id: `in ${each.key}`,
          header: each.name,
          width: "150px",
          cell: (row) => <span className={classes.dim}>{outlineWords(row.environments[each.key])}</span>,
        }),
      ),
      { id: "tags", header: "Tags", width: "130px", cell: (row) => row.tags.join(", ") || "–" },
      { id: "owner", header: "Owner", width: "170px", cell: (row) => <Address email={row.owner} /> },
      {
        id: "changed",
        header: "Changed",
        width: "130px",
        sort: "updated_at",
        cell: (row) => <Time at={row.updated_at} />,
      },
    ],
    [environments],
  );
  const create = (
    <Guarded right="config:create">
      {(guard) => (
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)} {...guard}>
          Create config
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader title="Configs" subtitle={total === null ? "\u00a0" : plural(total, "config")} actions={create} />
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
            label="Configs"
            rows={rows}
            rowKey={(row) => row.key}
            columns={columns}
            href={(row) => pagePath(project.key, "configs", row.key)}
            sort={search.sort}
            onSort={(sort) => setSearch({ sort: SORTS.find((each) => each === sort) ?? "key" })}
            more={
              query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null
            }
            total={total}
            empty={
              search.q !== "" || search.archived !== undefined ? (
                <Empty
                  title="No config fits these filters"
                  action={
                    <Button variant="default" onClick={() => setSearch({ q: "", archived: undefined })}>
                      Clear filters
                    </Button>
                  }
                />
              ) : (
                <Empty
                  title="No configs yet"
                  text="A config is a JSON object that code reads: texts, limits, layouts. A schema keeps out what code can't take."
                  action={create}
                />
              )
            }
          />
        )}
      </QueryView>
      {creating && <CreateConfig onClose={() => setCreating(false)} />}
    </>
  );
}
