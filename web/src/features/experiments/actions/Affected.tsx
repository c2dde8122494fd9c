import { Alert, Radio, Stack } from "@mantine/core";
import type { Problem } from "@/api/problem";
import type { OnExperiments } from "../queries";

interface Props {
  problem: Problem;
  value: OnExperiments | undefined;
  onChange: (value: OnExperiments) => void;
}

const CHOICES: Record<OnExperiments, string> = {
  new_phase: "Begin a new phase: units are drawn anew, and exposures count from then on",
  stop: "Stop these experiments with it",
  accept: "Let it through and mark them; it needs a reason",
};

/** Experiments that run and would get another population, and what may be done about it. */
export function Affected({ problem, value, onChange }: Props) {
  const names = experimentsOf(problem);
  const choices = choicesOf(problem);
  return (
    <Alert
      color="yellow"
      variant="light"
      title={
        names.length > 0
          ? `It changes who gets what inside ${names.join(", ")}`
          : "It changes who gets what inside an experiment"
      }
    >
      <Radio.Group
        aria-label="What becomes of these experiments"
        value={value ?? ""}
        onChange={(next) => onChange(choices.find((each) => each === next) ?? "stop")}
      >
        <Stack gap="xs">
          {choices.map((each) => (
            <Radio key={each} value={each} label={CHOICES[each]} />
          ))}
        </Stack>
      </Radio.Group>
    </Alert>
  );
}

export function choicesOf(problem: Problem): OnExperiments[] {
  const given = problem.body.choices;
  const known = (["new_phase", "stop", "accept"] as const).filter(
    (each) => !Array.isArray(given) || given.includes(each),
  );
  return known.length > 0 ? known : ["accept"];
}

export function experimentsOf(problem: Problem): string[] {
  const given = problem.body.experiments;
  if (!Array.isArray(given)) return [];
  return given.flatMap((each: unknown) =>
    typeof each === "object" && each !== null && "key" in each && typeof each.key === "string" ? [each.key] : [],
  );
}
