import { Radio, Stack } from "@mantine/core";
import type { ExperimentChoice } from "./queries";

interface Props {
  readonly experiments: readonly string[];
  /** Those that the control plane leaves; all by default. */
  readonly choices?: readonly ExperimentChoice[];
  readonly value: ExperimentChoice | null;
  readonly onChange: (value: ExperimentChoice) => void;
}

const CHOICES: readonly { value: ExperimentChoice; label: string; description: string }[] = [
  {
    value: "new_phase",
    label: "Begin a new phase",
    description: "Units are drawn anew, and exposures count from now on. Results so far stay.",
  },
  { value: "stop", label: "Stop them", description: "They end with this change." },
  {
    value: "accept",
    label: "Go on all the same",
    description: "Results are marked as disturbed from here on. Asks for a reason.",
  },
];

/** What becomes of running experiments that a change disturbs. */
export function ExperimentChoices({ experiments, choices, value, onChange }: Props) {
  const left = CHOICES.filter((each) => choices === undefined || choices.includes(each.value));
  return (
    <Radio.Group
      label={`This changes who gets what in ${experiments.join(", ") || "an experiment"}`}
      value={value ?? ""}
      onChange={(given) => {
        const chosen = CHOICES.find((each) => each.value === given);
        if (chosen) onChange(chosen.value);
      }}
      required
    >
      <Stack gap="xs" mt="xs">
        {left.map((each) => (
          <Radio key={each.value} {...each} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
