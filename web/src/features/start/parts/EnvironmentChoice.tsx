import { Button, Checkbox, Group, Stack } from "@mantine/core";
import { useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import type { NewEnvironment } from "../queries";

const OFFERED: readonly (NewEnvironment & { readonly text: string; readonly usual: boolean })[] = [
  {
    key: "development",
    name: "Development",
    protected: false,
    usual: true,
    text: "Where programs are written: everybody may change it.",
  },
  {
    key: "staging",
    name: "Staging",
    protected: false,
    usual: false,
    text: "Where a release is tried before users get it.",
  },
  {
    key: "production",
    name: "Production",
    protected: true,
    usual: true,
    text: "What users get. Protected: only its own roles and the project’s administrators change it.",
  },
];

interface Props {
  readonly onCreate: (chosen: readonly NewEnvironment[]) => Promise<unknown>;
}

export function EnvironmentChoice({ onCreate }: Props) {
  const [chosen, setChosen] = useState(() => OFFERED.filter((each) => each.usual).map((each) => each.key));
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);

  const create = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const wanted = OFFERED.filter((each) => chosen.includes(each.key));
      await onCreate(wanted.map((each) => ({ key: each.key, name: each.name, protected: each.protected })));
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Stack gap="sm">
      <Checkbox.Group value={chosen} onChange={setChosen} aria-label="Environments">
        <Stack gap="sm">
          {OFFERED.map((each) => (
            <Checkbox key={each.key} value={each.key} label={each.name} description={each.text} />
          ))}
        </Stack>
      </Checkbox.Group>
      {problem !== null && <Failure problem={problem} />}
      <Group>
        <Button loading={busy} disabled={chosen.length === 0} onClick={() => void create()}>
          Create the environments
        </Button>
      </Group>
    </Stack>
  );
}
