import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { Failure } from "@/components/Failure";
import { saidByForm } from "@/components/refusals/fields";
import { Refusals } from "@/components/refusals/Refusals";
import { keyOf } from "../model";

interface Props {
  /** Of what: "project". */
  readonly noun: string;
  readonly example: string;
  readonly submit: string;
  readonly onSubmit: (given: { readonly key: string; readonly name: string }) => Promise<unknown>;
  readonly children?: ReactNode;
}

/** A name, and the key that follows from it until somebody types another one. */
export function KeyedForm({ noun, example, submit, onSubmit, children }: Props) {
  const [name, setName] = useState("");
  const [typed, setTyped] = useState<string | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const key = typed ?? keyOf(name);
  const faultOf = (field: string) => problem?.fields.find((each) => each.field === field)?.message ?? null;

  const send = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit({ key, name: name.trim() });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={send} aria-label={submit}>
      <Refusals problem={problem}>
        <Stack gap="sm">
          {children}
          <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
            <TextInput
              label="Name"
              placeholder={example}
              required
              maxLength={200}
              data-path="name"
              error={faultOf("name")}
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <TextInput
              label="Key"
              description={`Names the ${noun} in code and addresses, for good`}
              inputWrapperOrder={["label", "input", "description", "error"]}
              required
              maxLength={128}
              pattern="[a-z0-9][a-z0-9._\-]*"
              data-path="key"
              error={faultOf("key")}
              value={key}
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          </Group>
          {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
          <Group>
            <Button type="submit" loading={busy}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </Refusals>
    </form>
  );
}
