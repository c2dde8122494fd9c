import { Alert, Anchor, Button, Center, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { asProblem, type Problem, sentence } from "@/api/problem";
import { askForReset } from "@/api/session";
import emblem from "@/assets/verdict.svg";
import classes from "./SignInPage.module.css";

/** Asks for a link to another password. The answer is the same whether the address has an account or not. */
export default function ResetPage() {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await askForReset(email);
      setSent(true);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Center component="main" className={classes.page ?? ""}>
      <Paper withBorder p="xl" className={classes.card ?? ""}>
        <Stack gap="md">
          <img src={emblem} width={36} height={36} alt="" />
          <div>
            <Title order={1} tabIndex={-1}>
              Another password
            </Title>
            <Text c="dimmed">A link by mail lets you choose one. It is good once, for a day.</Text>
          </div>
          {sent ? (
            <Alert color="teal" variant="light" role="status">
              If {email} has an account, a link is on its way. Without mail set up, an administrator makes one for you.
            </Alert>
          ) : (
            <form onSubmit={submit} aria-label="Ask for another password">
              <Stack gap="sm">
                {problem !== null && (
                  <Alert color="red" variant="light" role="alert">
                    {sentence(problem)}
                  </Alert>
                )}
                <TextInput
                  label="E-mail address"
                  type="email"
                  autoComplete="username"
                  required
                  value={email}
                  onChange={(event) => setEmail(event.currentTarget.value)}
                />
                <Button type="submit" loading={busy} fullWidth>
                  Send the link
                </Button>
              </Stack>
            </form>
          )}
          <Anchor href="/sign-in" size="sm">
            Back to sign in
          </Anchor>
        </Stack>
      </Paper>
    </Center>
  );
}
