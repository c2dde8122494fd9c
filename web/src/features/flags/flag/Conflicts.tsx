import { Alert, Button, Group, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Diff } from "@/components/Diff";
import { Icon } from "@/components/Icon";
import { Time } from "@/components/Time";
import classes from "./flag.module.css";
import { type Conflict, merged, type SettingsDraft } from "./model";
import { type At, historyQuery } from "./queries";

interface Props {
  readonly at: At;
  readonly base: SettingsDraft;
  readonly mine: SettingsDraft;
  readonly theirs: SettingsDraft;
  readonly onRebase: (draft: SettingsDraft) => void;
  readonly onDiscard: () => void;
}

/** Somebody else has saved what is edited here: who, when, what, and a choice for each thing that both changed. */
export function Conflicts({ at, base, mine, theirs, onRebase, onDiscard }: Props) {
  const last = useQuery(historyQuery("flag_settings", at)).data?.items[0];
  const { draft, conflicts } = merged(base, mine, theirs);
  const [chosen, setChosen] = useState<Readonly<Record<string, "mine" | "theirs">>>({});
  const open = conflicts.filter((each) => chosen[each.path] === undefined);
  const rebase = () =>
    onRebase(conflicts.reduce((all, each) => each.choose(all, chosen[each.path] ?? "theirs"), draft));
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<Icon name="warning" />}
      title="Somebody has changed this meanwhile"
      role="alert"
    >
      {last !== undefined && (
        <Text mb="xs">
          {last.by.name}, <Time at={last.at} />: {last.changes.join("; ")}
        </Text>
      )}
      <Text mb="xs">
        {conflicts.length === 0
          ? "Nothing that you changed was changed by others: your draft can be put onto what is saved now."
          : "Choose for what both of you changed."}
      </Text>
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
        <Button size="xs" variant="default" onClick={onDiscard}>
          Discard mine
        </Button>
      </Group>
    </Alert>
  );
}

interface ChoiceProps {
  readonly conflict: Conflict;
  readonly value: "mine" | "theirs" | undefined;
  readonly onChange: (side: "mine" | "theirs") => void;
}

function Choice({ conflict, value, onChange }: ChoiceProps) {
  const button = (side: "mine" | "theirs", label: string) => (
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
    <div className={classes.conflict}>
      <strong>{conflict.name}</strong>
      <Diff before={conflict.theirs} after={conflict.mine} labels={["theirs", "mine"]} />
      <Group gap="xs">
        {button("mine", `Keep my ${conflict.name}`)}
        {button("theirs", `Take their ${conflict.name}`)}
      </Group>
    </div>
  );
}
