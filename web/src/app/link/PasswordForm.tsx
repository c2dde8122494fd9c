import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { asProblem, type Problem, sentence } from "@/api/problem";

interface Props {
  readonly label: string;
  readonly confirm: string;
  /** Whether a name is asked for, too. */
  readonly named?: boolean;
  readonly onSubmit: (given: { readonly password: string; readonly name: string }) => Promise<void>;
}

/** A password that is new. What refuses it stays above, and the words stay in their fields. */
export function PasswordForm({ label, confirm, named = false, onSubmit }: Props) {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit({ password, name: name.trim() });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={submit} aria-label={label}>
      <Stack gap="sm">
        {problem !== null && (
          <Alert color="red" variant="light" role="alert">
            {sentence(problem)}
          </Alert>
        )}
        {named && (
          <TextInput
            label="Your name"
            autoComplete="name"
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label="Password"
          description="At least 12 characters"
          autoComplete="new-password"
          required
          minLength={12}
          maxLength={256}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" loading={busy} fullWidth>
          {confirm}
        </Button>
      </Stack>
    </form>
  );
}
