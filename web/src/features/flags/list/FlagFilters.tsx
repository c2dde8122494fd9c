import { useQuery } from "@tanstack/react-query";
import { memo } from "react";
import { usePlace } from "@/api/place";
import { type FilterField, Filters } from "@/components/FilterBar";
import { capital } from "@/lib/format";
import { LIFECYCLES } from "@/lib/lifecycle";
import { type FlagSearch, flagSearch, PURPOSES, TYPES } from "../filters";
import { flagFacetsQuery } from "./queries";
import { useSavedViews } from "./use-saved-views";

interface Props {
  readonly search: FlagSearch;
  readonly onChange: (change: Partial<FlagSearch>) => void;
}

const CHANGED = [
  { value: "1d", label: "Changed in the last day" },
  { value: "7d", label: "Changed in the last 7 days" },
  { value: "30d", label: "Changed in the last 30 days" },
  { value: "90d", label: "Changed in the last 90 days" },
];
const LIFECYCLE_LABELS: Record<(typeof LIFECYCLES)[number], string> = {
  new: "New: never evaluated yet",
  live: "Live: serves several variations",
  launched: "Same for all: serves one variation",
  stale: "Stale: not evaluated in 30 days, or settled",
  overdue: "Overdue: its expected end is past",
  archived_in_use: "Archived, still asked for",
  unknown: "Not known: no usage is told",
};
const ARCHIVED = [
  { value: "true", label: "Archived ones, too" },
  { value: "only", label: "Archived ones only" },
];

/** What stands beside the text: drawn when the search changes, not when rows come. */
export const FlagFilters = memo(function FlagFilters({ search, onChange }: Props) {
  const { project, environment, environments } = usePlace();
  const facets = useQuery(flagFacetsQuery(project.key)).data;
  const fields: FilterField[] = [
    { name: "q", label: "", kind: "text", drawn: true },
    {
      name: "where",
      label: "State",
      kind: "choice",
      options: environments.flatMap((each) => [
        { value: `on ${each.key}`, label: `On in ${each.name}` },
        { value: `off ${each.key}`, label: `Off in ${each.name}` },
      ]),
    },
    { name: "type", label: "Type", kind: "choice", options: TYPES.map((value) => ({ value, label: capital(value) })) },
    {
      name: "tag",
      label: "Tag",
      kind: "choice",
      options: (facets?.tags ?? []).map(({ value, count }) => ({ value, label: `${value} (${count})` })),
    },
    {
      name: "owner",
      label: "Owner",
      kind: "choice",
      options: (facets?.owners ?? [])
        .filter(({ value }) => value !== "")
        .map(({ value, count }) => ({ value, label: `${value} (${count})` })),
    },
    {
      name: "purpose",
      label: "Purpose",
      kind: "choice",
      options: PURPOSES.map((value) => ({ value, label: capital(value) })),
    },
    { name: "changed", label: "Changed", kind: "choice", options: CHANGED },
    {
      name: "lifecycle",
      label: "Lifecycle",
      kind: "choice",
      options: LIFECYCLES.map((value) => ({ value, label: LIFECYCLE_LABELS[value] })),
    },
    {
      name: "experiment",
      label: "Experiment",
      kind: "choice",
      options: [
        { value: "true", label: "With an experiment" },
        { value: "false", label: "Without one" },
      ],
    },
    { name: "archived", label: "Archived", kind: "choice", options: ARCHIVED },
  ];
  const where = search.state === undefined ? "" : `${search.state} ${search.in ?? environment.key}`;
  const saved = useSavedViews(search, onChange);
  return (
    <>
      <Filters
        views={saved.views}
        fields={fields}
        value={{ ...search, where }}
        onChange={({ where: state, ...rest }) => {
          const [on = "", at = ""] = typeof state === "string" ? state.split(" ") : [];
          const change = { ...rest, ...(state === undefined ? {} : { state: on, in: at }) };
          onChange(flagSearch.parse({ ...search, ...cleared(change) }));
        }}
      />
      {saved.dialog}
    </>
  );
});

/** An emptied choice is none. The text may be empty. */
function cleared(change: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(change).map(([name, value]) => [name, value === "" && name !== "q" ? undefined : value]),
  );
}
