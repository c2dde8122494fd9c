import { Button } from "@mantine/core";
import type { InfiniteData, UseInfiniteQueryResult } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import type { Right } from "@/api/rights";
import { plural } from "@/lib/format";
import { pagePath, useSearchState } from "@/lib/url";
import { Address } from "./Address";
import { type Column, DataTable } from "./DataTable";
import { Empty } from "./Empty";
import classes from "./EntityList.module.css";
import { FilterBar } from "./FilterBar";
import { Guarded } from "./Guarded";
import { Icon } from "./Icon";
import { PageHeader } from "./PageHeader";
import { QueryView } from "./QueryView";
import { Time } from "./Time";
import { useMemberNames } from "./use-member-names";

const SORTS = ["key", "-key", "updated_at", "-updated_at"] as const;
const schema = z.object({
  q: z.string().default(""),
  archived: z.enum(["true", "only"]).optional(),
  sort: z.enum(SORTS).default("key"),
});

export interface Parameters {
  q?: string;
  archived?: "true" | "only";
  sort: (typeof SORTS)[number];
}

interface Listed {
  readonly key: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly owner: string | null;
  readonly updated_at: string;
}

interface Page<Row> {
  readonly items: readonly Row[];
  readonly total?: number | null;
}

interface Props<Row> {
  /** In the singular: "segment". */
  readonly noun: string;
  /** Of the address: "segments". */
  readonly page: string;
  /** Behind their number: "the same in every environment". */
  readonly aside?: string;
  /** Beside name, tags, owner and change. */
  readonly columns: readonly Column<Row>[];
  readonly create: Right;
  /** What it is, where there is none yet. */
  readonly explained: string;
  readonly useRows: (project: string, parameters: Parameters) => UseInfiniteQueryResult<InfiniteData<Page<Row>>>;
  readonly creating: (close: () => void) => ReactNode;
}

/** A page of entities that are found by name and belong to the project. */
export function EntityList<Row extends Listed>({ noun, page, aside, explained, useRows, ...rest }: Props<Row>) {
  const { project } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const [creating, setCreating] = useState(false);
  const query = useRows(project.key, {
    sort: search.sort,
    ...(search.q.trim() === "" ? {} : { q: search.q.trim() }),
    ...(search.archived === undefined ? {} : { archived: search.archived }),
  });
  const rows = useMemo(() => query.data?.pages.flatMap((each) => each.items) ?? [], [query.data]);
  const names = useMemberNames();
  const columns = useMemo(() => columnsOf(noun, rest.columns, names), [noun, rest.columns, names]);
  const total = query.data?.pages[0]?.total ?? null;
  const title = `${page.charAt(0).toUpperCase()}${page.slice(1)}`;
  const filtered = search.q !== "" || search.archived !== undefined;
  const create = (
    <Guarded right={rest.create}>
      {(guard) => (
        <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)} {...guard}>
          Create {noun}
        </Button>
      )}
    </Guarded>
  );
  return (
    <>
      <PageHeader
        title={title}
        subtitle={total === null ? "\u00a0" : `${plural(total, noun)}${aside === undefined ? "" : `, ${aside}`}`}
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
            label={title}
            rows={rows}
            rowKey={(row) => row.key}
            columns={columns}
            href={(row) => pagePath(project.key, page, row.key)}
            sort={search.sort}
            onSort={(sort) => setSearch({ sort: SORTS.find((each) => each === sort) ?? "key" })}
            more={
              query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null
            }
            total={total}
            empty={
              filtered ? (
                <Empty
                  title={`No ${noun} fits these filters`}
                  action={
                    <Button variant="default" onClick={() => setSearch({ q: "", archived: undefined })}>
                      Clear filters
                    </Button>
                  }
                />
              ) : (
                <Empty title={`No ${page} yet`} text={explained} action={create} />
              )
            }
          />
        )}
      </QueryView>
      {creating && rest.creating(() => setCreating(false))}
    </>
  );
}

function columnsOf<Row extends Listed>(
  noun: string,
  own: readonly Column<Row>[],
  names: ReadonlyMap<string, string>,
): readonly Column<Row>[] {
  const nameOf = (owner: string | null) => names.get(owner ?? "");
  return [
    {
      id: "name",
      header: `${noun.charAt(0).toUpperCase()}${noun.slice(1)}`,
      sort: "key",
      width: "26%",
      cell: (row) => (
        <span className={classes.name}>
          <span>{row.name}</span>
          {row.name !== row.key && <span className={classes.key}>{row.key}</span>}
        </span>
      ),
    },
    ...own,
    { id: "tags", header: "Tags", width: "130px", cell: (row) => row.tags.join(", ") || "–" },
    {
      id: "owner",
      header: "Owner",
      width: "170px",
      cell: (row) => <Address email={row.owner} name={nameOf(row.owner)} />,
    },
    {
      id: "changed",
      header: "Changed",
      width: "130px",
      sort: "updated_at",
      cell: (row) => <Time at={row.updated_at} />,
    },
  ];
}
