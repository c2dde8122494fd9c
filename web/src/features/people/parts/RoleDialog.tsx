import { Checkbox, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePlace } from "@/api/place";
import { announce } from "@/components/announce";
import { LOOK_FIRST, Meanwhile } from "@/components/concurrent/Meanwhile";
import { useSharedDraft } from "@/components/concurrent/use-shared-draft";
import { FormDialog } from "@/components/FormDialog";
import { SET } from "@/lib/merge";
import { byNoun, keyOf, nounWords, verbWords } from "../model";
import classes from "../pages/people.module.css";
import { type Right, type Role, rightsQuery, rolesQuery, type usePeopleWrites } from "../queries";

interface Fields {
  readonly name: string;
  readonly description: string;
  readonly rights: readonly Right[];
}

interface Props {
  /** As it stands now; null for a new one. */
  readonly role: Role | null;
  readonly close: () => void;
  readonly writes: ReturnType<typeof usePeopleWrites>;
}

const NEW: Fields = { name: "", description: "", rights: [] };
const PARTS = { rights: SET } as const;

/** What a role is called and gives. Rights that two people give or take at once are both given and taken. */
export function RoleDialog({ role, close, writes }: Props) {
  const { organization } = usePlace();
  const all = useQuery(rightsQuery).data ?? [];
  const stored = useMemo(() => (role === null ? NEW : fieldsOf(role)), [role]);
  const edited = useSharedDraft({
    stored,
    version: role?.version ?? 0,
    parts: PARTS,
    readBy: rolesQuery(organization.id).queryKey,
    subject: null,
  });
  const { draft, set } = edited;
  const change = (part: Partial<Fields>) => set((before) => ({ ...before, ...part }));
  const has = new Set(draft.rights);
  const toggle = (right: Right) =>
    change({ rights: has.has(right) ? draft.rights.filter((each) => each !== right) : [...draft.rights, right] });
  const incomplete = edited.moved
    ? LOOK_FIRST
    : keyOf(draft.name) === ""
      ? "Give it a name"
      : draft.rights.length === 0
        ? "Choose at least one right"
        : "";
  const submit = async () => {
    const body = { name: draft.name.trim(), description: draft.description, rights: [...draft.rights] };
    if (role === null) {
      const written = await writes.createRole({ key: keyOf(draft.name), ...body });
      edited.saved(written.data.version);
      announce(written, { what: `Created the role ${body.name}`, undo: () => writes.removeRole(written.data.key) });
      return;
    }
    const before = fieldsOf(role);
    const written = await writes.changeRoleRights({ ...role, version: edited.version }, body).catch(edited.readIfStale);
    edited.saved(written.data.version);
    announce(written, {
      what: `Saved the role ${body.name}`,
      undo: () => writes.changeRoleRights(written.data, { ...before, rights: [...before.rights] }),
    });
  };
  return (
    <FormDialog
      opened
      onClose={close}
      size="xl"
      title={role === null ? "Create role" : `Edit ${role.name}`}
      confirm={role === null ? "Create the role" : "Save the role"}
      incomplete={incomplete}
      onSubmit={submit}
    >
      <Meanwhile edited={edited} />
      <TextInput
        label="Name"
        data-path="name key"
        required
        data-autofocus
        maxLength={200}
        value={draft.name}
        onChange={(event) => change({ name: event.currentTarget.value })}
      />
      <Textarea
        label="Description"
        data-path="description"
        autosize
        value={draft.description}
        onChange={(event) => change({ description: event.currentTarget.value })}
      />
      {byNoun(
        all.map((each) => each.right),
        [],
      ).map((noun) => (
        <Checkbox.Group
          key={noun.noun}
          label={nounWords(noun.noun)}
          data-path="rights"
          value={noun.rights.map((each) => each.right).filter((each) => has.has(each))}
        >
          <div className={classes.boxes}>
            {noun.rights.map((each) => (
              <Checkbox
                key={each.right}
                value={each.right}
                label={verbWords(each.verb)}
                onChange={() => toggle(each.right)}
              />
            ))}
          </div>
        </Checkbox.Group>
      ))}
    </FormDialog>
  );
}

function fieldsOf({ name, description, rights }: Role): Fields {
  return { name, description, rights };
}
