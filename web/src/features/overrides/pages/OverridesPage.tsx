import { Button, Group, TextInput } from "@mantine/core";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { z } from "zod";
import { usePlace } from "@/api/place";
import { Address } from "@/components/Address";
import { announce, announceProblem } from "@/components/announce";
import { type Column, DataTable } from "@/components/DataTable";
import { Empty } from "@/components/Empty";
import { FilterBar } from "@/components/FilterBar";
import { Guarded } from "@/components/Guarded";
import { Icon } from "@/components/Icon";
import { PageHeader } from "@/components/PageHeader";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { useMemberNames } from "@/components/use-member-names";
import { useNow } from "@/lib/now";
import { pagePath, useSearchState } from "@/lib/url";
import { timeLeft } from "../model";
import classes from "../overrides.module.css";
import { SetOverride } from "../parts/SetOverride";
import { UnitView } from "../parts/UnitView";
import { type Override, overrideListQuery, overridesKey, removeOverrides, setAgain } from "../queries";

const schema = z.object({
  unit: z.string().max(256).default(""),
  flag: z.string().default(""),
  expired: z.enum(["false", "true", "only"]).default("false"),
});

export default function OverridesPage() {
  const { project, environment } = usePlace();
  const [search, setSearch] = useSearchState(schema);
  const [setting, setSetting] = useState(false);
  return (
    <>
      <PageHeader
        title="Overrides"
        subtitle={`One person in one variation for a while, in ${environment.name}: for testers, and for support that helps somebody.`}
        actions={
          <Guarded right="flag:update" environment={environment.key}>
            {(guard) => (
              <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setSetting(true)} {...guard}>
                Set override
              </Button>
            )}
          </Guarded>
        }
      />
      <LookUp unit={search.unit} onLook={(unit) => setSearch({ unit }, { push: true })} />
      {search.unit === "" ? (
        <OverrideList search={search} setSearch={setSearch} />
      ) : (
        <UnitView unit={search.unit} onAll={() => setSearch({ unit: "" }, { push: true })} />
      )}
      {setting && (
        <SetOverride
          environment={environment}
          unit={search.unit}
          project={project.key}
          onClose={() => setSetting(false)}
        />
      )}
    </>
  );
}

function LookUp({ unit, onLook }: { readonly unit: string; readonly onLook: (unit: string) => void }) {
  const [text, setText] = useState(unit);
  const [seen, setSeen] = useState(unit);
  // The address may change under the field, by "back" or a link.
  if (seen !== unit) {
    setSeen(unit);
    setText(unit);
  }
  const look = (event: FormEvent) => {
    event.preventDefault();
    onLook(text.trim());
  };
  return (
    <form onSubmit={look} className={classes.look}>
      <Group align="flex-end" gap="xs">
        <TextInput
          label="What is special about one user?"
          placeholder="Targeting key"
          maxLength={256}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          style={{ flex: "1 1 260px", maxWidth: 420 }}
        />
        <Button type="submit" variant="default" disabled={text.trim() === ""}>
          Show everything about this user
        </Button>
      </Group>
    </form>
  );
}

type Search = z.output<typeof schema>;

function OverrideList({
  search,
  setSearch,
}: {
  readonly search: Search;
  readonly setSearch: (change: Partial<Search>) => void;
}) {
  const { project, environment } = usePlace();
  const client = useQueryClient();
  const now = useNow();
  const query = useInfiniteQuery(
    overrideListQuery(project.key, environment.key, {
      expired: search.expired,
      ...(search.flag === "" ? {} : { flag: search.flag }),
    }),
  );
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const names = useMemberNames();
  const columns = useMemo((): readonly Column<Override>[] => {
    const refresh = () => client.invalidateQueries({ queryKey: overridesKey(project.key, environment.key) });
    const remove = async (row: Override) => {
      try {
        const written = await removeOverrides(project.key, environment.key, row.unit, row.flag);
        announce(written, {
          what: `${row.unit} gets ${row.flag} as everybody does`,
          undo: async () => {
            await setAgain(project.key, environment.key, row.unit, row);
            await refresh();
          },
        });
        await refresh();
      } catch (thrown) {
        announceProblem(thrown, "The override stays");
      }
    };
    return [
      { id: "unit", header: "User", width: "16%", cell: (row) => row.unit },
      {
        id: "flag",
        header: "Gets",
        width: "22%",
        cell: (row) => (
          <>
            <strong>{row.variation}</strong> of{" "}
            <PageLink to={pagePath(project.key, "flags", row.flag)}>{row.flag}</PageLink>
          </>
        ),
      },
      { id: "reason", header: "Because", cell: (row) => row.reason },
      {
        id: "by",
        header: "Set by",
        width: "170px",
        cell: (row) => <Address email={row.set_by} name={names.get(row.set_by)} />,
      },
      { id: "left", header: "Time left", width: "150px", cell: (row) => timeLeft(row.expires_at, new Date(now)) },
      {
        id: "remove",
        header: "",
        width: "110px",
        cell: (row) =>
          row.state === "active" && (
            <Guarded right="flag:update" environment={environment.key}>
              {(guard) => (
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-label={`Remove the override of ${row.unit} on ${row.flag}`}
                  onClick={() => void remove(row)}
                  {...guard}
                >
                  Remove
                </Button>
              )}
            </Guarded>
          ),
      },
    ];
  }, [client, project.key, environment.key, now, names]);
  return (
    <>
      <FilterBar
        fields={[
          { name: "flag", label: "Of one flag (its key)", kind: "text" },
          {
            name: "expired",
            label: "Expired",
            kind: "choice",
            options: [
              { value: "true", label: "Expired ones, too" },
              { value: "only", label: "Expired ones only" },
            ],
          },
        ]}
        value={{ flag: search.flag, expired: search.expired === "false" ? "" : search.expired }}
        onChange={(change) =>
          setSearch(schema.parse({ ...search, ...change, ...(change.expired === "" ? { expired: "false" } : {}) }))
        }
      />
      <QueryView query={query}>
        {() => (
          <DataTable
            label="Overrides"
            rows={rows}
            rowKey={(row) => `${row.unit} ${row.flag}`}
            columns={columns}
            more={
              query.hasNextPage ? { loading: query.isFetchingNextPage, load: () => void query.fetchNextPage() } : null
            }
            empty={
              search.flag !== "" || search.expired !== "false" ? (
                <Empty
                  title="No override fits these filters"
                  action={
                    <Button variant="default" onClick={() => setSearch({ flag: "", expired: "false" })}>
                      Clear filters
                    </Button>
                  }
                />
              ) : (
                <Empty
                  title={`Nobody has an override in ${environment.name}`}
                  text="Set one to see a flag as somebody should, or to help one customer. It ends by itself, and its user is in no experiment meanwhile."
                />
              )
            }
          />
        )}
      </QueryView>
    </>
  );
}
