import { Button } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { usePlace } from "@/api/place";
import { DataTable } from "@/components/DataTable";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { plural } from "@/lib/format";
import { pagePath, useSearchState } from "@/lib/url";
import { flagSearch, isNarrowed, listParameters, NO_FILTER, SORTS } from "../filters";
import { BulkBar } from "../list/BulkBar";
import { ColumnChooser } from "../list/ColumnChooser";
import { CreateFlag } from "../list/CreateFlag";
import { type Columns, columnsFrom } from "../list/columns";
import { FlagFilters } from "../list/FlagFilters";
import classes from "../list/list.module.css";
import { MoreWhenNear } from "../list/MoreWhenNear";
import { NoFlags } from "../list/NoFlags";
import { flagListQuery } from "../list/queries";
import { useFlagColumns } from "../list/use-flag-columns";
import { useSwitching } from "../switching/use-switching";

const NOBODY: ReadonlySet<string> = new Set();

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
            <ColumnChooser columns={chosen} onChange={setKept} />
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
      <div className={classes.filters}>
        <FlagFilters search={search} onChange={setSearch} />
      </div>
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
      <BulkBar keys={[...selected]} onDone={() => setSelected(NOBODY)} />
      {dialog}
      {creating && <CreateFlag onClose={() => setCreating(false)} />}
    </>
  );
}
