import { Alert, NativeSelect, SegmentedControl, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Environment } from "@/api/place";
import { Problem } from "@/api/problem";
import { announce } from "@/components/announce";
import { EntityPicker } from "@/components/EntityPicker";
import { FormDialog } from "@/components/FormDialog";
import { same } from "@/lib/json";
import { DAYS_CHOICES, DAYS_DEFAULT, expiryAfter, replacedBy } from "../model";
import {
  overridesKey,
  removeOverrides,
  setAgain,
  setOverride,
  unitQuery,
  useReplaced,
  variationsQuery,
} from "../queries";

interface Props {
  readonly project: string;
  readonly environment: Environment;
  readonly unit: string;
  readonly onClose: () => void;
}

/** Puts one user into one variation until it expires. */
export function SetOverride({ project, environment, unit: given, onClose }: Props) {
  const client = useQueryClient();
  const [unit, setUnit] = useState(given);
  const [flag, setFlag] = useState<string | null>(null);
  const [variation, setVariation] = useState("");
  const [reason, setReason] = useState("");
  const [days, setDays] = useState<number>(DAYS_DEFAULT);
  const variations = useQuery(variationsQuery(project, flag ?? "")).data ?? [];
  const chosen = variation === "" ? (variations[0]?.key ?? "") : variation;
  const held = useReplaced({ project, environment: environment.key, unit, flag });
  const refresh = () => client.invalidateQueries({ queryKey: overridesKey(project, environment.key) });
  const incomplete = [
    unit.trim() === "" && "a user",
    flag === null && "a flag",
    reason.trim() === "" && "a reason",
  ].filter((each) => each !== false);
  const submit = async () => {
    if (flag === null) return;
    const key = unit.trim();
    const body = { flag, variation: chosen, reason: reason.trim(), expires_at: expiryAfter(days, new Date()) };
    const before = await client.fetchQuery({ ...unitQuery(project, environment.key, key), staleTime: 0 });
    const replaced = replacedBy(before.overrides, flag);
    // Whoever saves has seen what it takes the place of; what was read now stands in the dialog.
    if (!same(replaced, held)) {
      throw new Problem({
        status: 0,
        title: "This user has something else now",
        detail: "Look at what they have, then save",
        code: "changed_meanwhile",
      });
    }
    const written = await setOverride(project, environment.key, key, body);
    announce(written, {
      what: `${key} gets ${chosen} of ${flag} in ${environment.name}`,
      undo: async () => {
        if (replaced === null) await removeOverrides(project, environment.key, key, flag);
        else await setAgain(project, environment.key, key, replaced);
        await refresh();
      },
    });
    await refresh();
  };
  return (
    <FormDialog
      opened
      onClose={onClose}
      title={`Set an override in ${environment.name}`}
      confirm="Set override"
      incomplete={incomplete.length === 0 ? "" : `It needs ${incomplete.join(", ")}`}
      onSubmit={submit}
    >
      <TextInput
        label="User"
        data-path="unit user"
        description="The targeting key that code asks with"
        data-autofocus={given === "" ? true : undefined}
        maxLength={256}
        value={unit}
        onChange={(event) => setUnit(event.currentTarget.value)}
      />
      <EntityPicker
        kind="flag"
        label="Flag"
        data-path="flag"
        value={flag}
        required
        onChange={(key) => {
          setFlag(key);
          setVariation("");
        }}
      />
      {held !== null && (
        <Alert color="yellow" variant="light" role="status" title={`${held.unit} has ${held.variation} now`}>
          Set by {held.set_by}: “{held.reason}”. What you set takes its place.
        </Alert>
      )}
      <NativeSelect
        label="Gets"
        data-path="variation"
        data={variations.map((each) => ({
          value: each.key,
          label: each.name === "" ? each.key : `${each.name} (${each.key})`,
        }))}
        value={chosen}
        disabled={flag === null}
        onChange={(event) => setVariation(event.currentTarget.value)}
      />
      <Textarea
        label="Reason"
        data-path="reason"
        description="Whoever looks at this user later reads it."
        required
        maxLength={1000}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Stack gap={4}>
        <Text fw={500} id="override-days">
          Ends after
        </Text>
        <SegmentedControl
          aria-labelledby="override-days"
          data={DAYS_CHOICES.map((each) => ({ value: String(each), label: each === 1 ? "1 day" : `${each} days` }))}
          value={String(days)}
          onChange={(value) => setDays(Number(value))}
        />
      </Stack>
    </FormDialog>
  );
}
