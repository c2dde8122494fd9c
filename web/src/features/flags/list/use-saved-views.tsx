import { Checkbox, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { announce, announceProblem } from "@/components/announce";
import type { FilterViews } from "@/components/FilterBar";
import { FormDialog } from "@/components/FormDialog";
import { WhyNot } from "@/components/rights/WhyNot";
import { type FlagSearch, flagSearch, isNarrowed, NO_FILTER } from "../filters";
import { deleteView, savedViewsQuery, saveView } from "./queries";

interface Saved {
  readonly views: FilterViews;
  readonly dialog: ReactNode;
}

/** Filters that somebody keeps by a name, alone or for everybody in the project. */
export function useSavedViews(search: FlagSearch, onOpen: (search: Partial<FlagSearch>) => void): Saved {
  const { project } = usePlace();
  const found = useQuery(savedViewsQuery(project.key)).data?.items ?? [];
  const [saving, setSaving] = useState(false);
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: savedViewsQuery(project.key).queryKey });
  const remove = async (view: (typeof found)[number]) => {
    try {
      await deleteView(project.key, view.id);
      announce(null, {
        what: `Deleted the view “${view.name}”`,
        undo: async () => {
          const { page, name, filters, shared } = view;
          await saveView(project.key, { page, name, filters, shared });
          await refresh();
        },
      });
      await refresh();
    } catch (thrown) {
      announceProblem(thrown, `The view “${view.name}” stays`);
    }
  };
  const items = found.map((each) => ({
    name: each.shared ? `${each.name} (shared)` : each.name,
    onOpen: () => onOpen({ ...NO_FILTER, ...understood(each.filters) }),
    ...(each.own ? { onDelete: () => void remove(each) } : {}),
  }));
  return {
    views: { items, ...(isNarrowed(search) ? { onSave: () => setSaving(true) } : {}) },
    dialog: saving ? <SaveDialog search={search} onClose={() => setSaving(false)} /> : null,
  };
}

/** What a view says that the list still knows. */
function understood(filters: Readonly<Record<string, unknown>>): Partial<FlagSearch> {
  const read = flagSearch.safeParse(filters);
  return read.success ? read.data : {};
}

function SaveDialog({ search, onClose }: { readonly search: FlagSearch; readonly onClose: () => void }) {
  const { project } = usePlace();
  const client = useQueryClient();
  const mayShare = useRight("flag:update");
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const submit = async () => {
    const filters = Object.fromEntries(
      Object.entries(search).filter(([, value]) => value !== undefined && value !== ""),
    );
    await saveView(project.key, { page: "flags", name: name.trim(), filters, shared });
    announce(null, { what: `The view “${name.trim()}” is kept` });
    await client.invalidateQueries({ queryKey: savedViewsQuery(project.key).queryKey });
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title="Save these filters as a view"
      confirm="Save view"
      incomplete={name.trim() === "" ? "It needs a name" : ""}
      onSubmit={submit}
    >
      <TextInput
        label="Name"
        data-autofocus
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Checkbox
        label="For everybody in the project"
        disabled={!mayShare.allowed}
        description={mayShare.allowed ? null : <WhyNot right="flag:update" />}
        checked={shared}
        onChange={(event) => setShared(event.currentTarget.checked)}
      />
    </FormDialog>
  );
}
