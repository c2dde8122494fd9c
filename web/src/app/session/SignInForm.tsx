import { Alert, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useRef, useState } from "react";
import { asProblem, type Problem, sentence } from "@/api/problem";
import { signIn, singleSignOnAddress, waysToSignIn } from "@/api/session";

interface Props {
  readonly email?: string;
  /** Where single sign-on comes back to. */
  readonly returnTo: string;
  readonly onDone: () => void | Promise<void>;
}

/** First the address, which says how one signs in; then the password, or off to the identity provider. */
export function SignInForm({ email: known = "", returnTo, onDone }: Props) {
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [provider, setProvider] = useState<string | null>(null);
  const [byPassword, setByPassword] = useState(true);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const asked = useRef("");

  const look = async () => {
    if (!email.includes("@")) return;
    try {
      asked.current = email;
      const ways = await waysToSignIn(email);
      if (asked.current !== email) return;
      setProvider(ways.singleSignOn);
      setByPassword(ways.password);
    } catch {
      // The password still may do; signing in says what is wrong.
    }
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await signIn(email, password);
      await onDone();
    } catch (thrown) {
      setProblem(asProblem(thrown));
      setPassword("");
    } finally {
      setBusy(false);
    }
  };

  return (
    <form onSubmit={submit} aria-label="Sign in">
      <Stack gap="sm">
        {problem !== null && (
          <Alert color="red" variant="light" role="alert">
            {sentence(problem)}
          </Alert>
        )}
        <TextInput
          label="E-mail address"
          type="email"
          name="email"
          autoComplete="username"
          required
          data-autofocus={known === "" || undefined}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          onBlur={look}
        />
        {byPassword && (
          <PasswordInput
            label="Password"
            name="password"
            autoComplete="current-password"
            required
            data-autofocus={known !== "" || undefined}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
        )}
        {byPassword && (
          <Button type="submit" loading={busy} fullWidth mt="xs">
            Sign in
          </Button>
        )}
        {provider !== null && (
          <Button component="a" href={singleSignOnAddress(email, returnTo)} variant="default" fullWidth>
            Continue with {provider}
          </Button>
        )}
      </Stack>
    </form>
  );
}
