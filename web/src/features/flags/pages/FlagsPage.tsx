import { Button } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { type QueryClient, useInfiniteQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { DataTable } from "@/components/DataTable";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { TextFilter } from "@/components/TextFilter";
import { plural } from "@/lib/format";
import { usePainted } from "@/lib/painted";
import { patiently } from "@/lib/patiently";
import { pagePath, readSearch, type Search, useSearchState } from "@/lib/url";
import { flagSearch, isNarrowed, listParameters, NO_FILTER, SORTS } from "../filters";
import { type Columns, columnsFrom } from "../list/columns";
import classes from "../list/list.module.css";
import { MoreWhenNear } from "../list/MoreWhenNear";
import { NoFlags } from "../list/NoFlags";
import { flagListQuery } from "../list/queries";
import { useFlagColumns } from "../list/use-flag-columns";
import { useSwitching } from "../switching/use-switching";

const NOBODY: ReadonlySet<string> = new Set();
// The list and its search stand before what else narrows it and what is done to it are read.
const FlagFilters = lazy(() =>
  patiently(() => import("../list/FlagFilters").then((module) => ({ default: module.FlagFilters }))),
);
const ColumnChooser = lazy(() =>
  patiently(() => import("../list/ColumnChooser").then((module) => ({ default: module.ColumnChooser }))),
);
const BulkBar = lazy(() => patiently(() => import("../bulk/BulkBar").then((module) => ({ default: module.BulkBar }))));
const CreateFlag = lazy(() =>
  patiently(() => import("../list/CreateFlag").then((module) => ({ default: module.CreateFlag }))),
);

/** The first rows, unless only the project's environments tell which they are. */
export function ahead(client: QueryClient, project: string, search: Search): void {
  const environment = typeof search.env === "string" ? search.env : "";
  const parameters = listParameters(readSearch(flagSearch, search), environment, new Date());
  if (parameters.environment !== "") void client.prefetchInfiniteQuery(flagListQuery(project, parameters));
}

export default function FlagsPage() {
  const { project, environment, environments } = usePlace();
  const [search, setSearch] = useSearchState(flagSearch);
  const [kept, setKept] = useLocalStorage<unknown>({ key: `verdict.columns.flags.${project.key}`, defaultValue: null });
  const [creating, setCreating] = useState(false);
  const [selected, setSelected] = useState<ReadonlySet<string>>(NOBODY);
  const chosen: Columns = useMemo(() => columnsFrom(kept, environments), [kept, environments]);
  const parameters = useMemo(() => listParameters(search, environment.key, new Date()), [search, environment.key]);
  const query = useInfiniteQuery({ ...flagListQuery(project.key, parameters), placeholderData: (before) => before });
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const total = query.data?.pages[0]?.total ?? null;
  const painted = usePainted(!query.isPending);
  const { turn, dialog } = useSwitching();
  const columns = useFlagColumns(chosen, turn);
  const narrowed = isNarrowed(search);
  const more = query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null;

  return (
    <>
      <PageHeader
        title="Flags"
        subtitle={total === null ? "\u00a0" : narrowed ? `${plural(total, "flag")} fit` : plural(total, "flag")}
        actions={
          <>
            <Suspense>{painted && <ColumnChooser columns={chosen} onChange={setKept} />}</Suspense>
            <Guarded right="flag:create">
              {(guard) => (
                <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)} {...guard}>
                  Create flag
                </Button>
              )}
            </Guarded>
          </>
        }
      />
      <search className={classes.filters}>
        <TextFilter label="Find by key, name or description" value={search.q} onChange={(q) => setSearch({ q })} />
        <Suspense>{painted && <FlagFilters search={search} onChange={setSearch} />}</Suspense>
      </search>
      <QueryView query={query}>
        {() => (
          <>
            <DataTable
              label="Flags"
              rows={rows}
              rowKey={(row) => row.key}
              columns={columns}
              href={(row) => pagePath(project.key, "flags", row.key)}
              sort={search.sort}
              onSort={(sort) => setSearch({ sort: SORTS.find((each) => each === sort) ?? "key" })}
              more={more}
              total={total}
              selection={{ selected, onChange: setSelected }}
              empty={
                <NoFlags narrowed={narrowed} onClear={() => setSearch(NO_FILTER)} onCreate={() => setCreating(true)} />
              }
            />
            <MoreWhenNear more={more} />
          </>
        )}
      </QueryView>
      {dialog}
      <Suspense>
        {selected.size > 0 && <BulkBar keys={[...selected]} onDone={() => setSelected(NOBODY)} />}
        {creating && <CreateFlag onClose={() => setCreating(false)} />}
      </Suspense>
    </>
  );
}
