import { Alert, Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Conflict, Merged, Side } from "@/lib/merge";
import { Diff } from "../Diff";
import { historyQuery, type Subject } from "../history/queries";
import { Icon } from "../Icon";
import { UNSAVED } from "../SaveBar";
import { Time } from "../Time";
import classes from "./concurrent.module.css";
import type { SharedDraft } from "./use-shared-draft";

/** Where the bar at the foot leads to. */
export const MEANWHILE = "changed-meanwhile";
/** Why a dialog with it can't be sent yet. */
export const LOOK_FIRST = "It was changed meanwhile: look at that first";

interface Props<T> {
  readonly edited: SharedDraft<T>;
}

/** Somebody else has saved what is edited here: who, when, what, and a choice for each thing that both changed. */
export function Meanwhile<T extends object>({ edited }: Props<T>) {
  if (edited.merged === null) return null;
  return <Told key={edited.storedVersion} edited={edited} merged={edited.merged} />;
}

function Told<T extends object>({ edited, merged }: Props<T> & { readonly merged: Merged<T> }) {
  const [chosen, setChosen] = useState<Readonly<Record<string, Side>>>({});
  const [shown, setShown] = useState(false);
  const { conflicts } = merged;
  const open = conflicts.filter((each) => chosen[each.path] === undefined);
  const rebase = () => {
    edited.rebase(conflicts.reduce((draft, each) => each.choose(draft, chosen[each.path] ?? "theirs"), merged.draft));
    document.getElementById(UNSAVED)?.focus();
  };
  return (
    <Alert
      id={MEANWHILE}
      tabIndex={-1}
      color="yellow"
      variant="light"
      icon={<Icon name="warning" />}
      title="This was changed while you edited it"
      role="alert"
    >
      {edited.subject !== null && (
        <Changes subject={edited.subject} since={edited.version} until={edited.storedVersion} />
      )}
      <Text mb="xs">
        {conflicts.length === 0
          ? "None of it touches what you changed, so your draft can be put onto it."
          : "Choose for what both of you changed."}
      </Text>
      {shown && <Diff before={edited.base} after={edited.stored} labels={["as you began", "now"]} />}
      {conflicts.map((each) => (
        <Choice
          key={each.path}
          conflict={each}
          value={chosen[each.path]}
          onChange={(side) => setChosen({ ...chosen, [each.path]: side })}
        />
      ))}
      <Group mt="sm" gap="sm">
        <Button size="xs" onClick={rebase} disabled={open.length > 0}>
          Put my changes onto theirs
        </Button>
        <Button size="xs" variant="default" aria-expanded={shown} onClick={() => setShown(!shown)}>
          {shown ? "Hide the difference" : "Show the difference"}
        </Button>
        <Button size="xs" variant="default" onClick={edited.discard}>
          Discard mine
        </Button>
      </Group>
    </Alert>
  );
}

interface ChangesProps {
  readonly subject: Subject;
  readonly since: number;
  readonly until: number;
}

/** Who has saved what since the draft was begun, the newest first. */
function Changes({ subject, since, until }: ChangesProps) {
  const versions = useQuery(historyQuery(subject, until)).data?.items ?? [];
  const newer = versions.filter((each) => each.version !== null && each.version > since);
  if (newer.length === 0) return null;
  return (
    <ul className={classes.changes}>
      {newer.map((each) => (
        <li key={each.entry}>
          <strong>{each.by.name}</strong>, <Time at={each.at} />: {each.changes.join("; ") || each.action}
          {each.reason !== null && ` (“${each.reason}”)`}
        </li>
      ))}
    </ul>
  );
}

interface ChoiceProps<T> {
  readonly conflict: Conflict<T>;
  readonly value: Side | undefined;
  readonly onChange: (side: Side) => void;
}

function Choice<T>({ conflict, value, onChange }: ChoiceProps<T>) {
  const button = (side: Side, label: string) => (
    <Button
      size="compact-sm"
      variant={value === side ? "filled" : "default"}
      aria-pressed={value === side}
      onClick={() => onChange(side)}
    >
      {label}
    </Button>
  );
  return (
    <section className={classes.conflict} aria-label={conflict.title}>
      <strong>{conflict.title}</strong>
      <Diff before={conflict.theirs} after={conflict.mine} labels={["theirs", "mine"]} />
      <Group gap="xs">
        {button("mine", conflict.mine === null ? "Take it away, as I did" : "Keep mine")}
        {button("theirs", conflict.theirs === null ? "Take it away, as they did" : "Take theirs")}
      </Group>
    </section>
  );
}
