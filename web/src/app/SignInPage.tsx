import { Anchor, Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import emblem from "@/assets/verdict.svg";
import type { Search } from "@/lib/url";
import classes from "./SignInPage.module.css";
import { SignInForm } from "./session/SignInForm";

/** Only addresses of our own: a link to the sign-in page leads nowhere else. */
export function safeReturn(wanted: unknown): string {
  return typeof wanted === "string" && /^\/(?![/\\])/.test(wanted) ? wanted : "/";
}

export default function SignInPage() {
  const search: Search = useSearch({ strict: false });
  const returnTo = safeReturn(search.next);
  const navigate = useNavigate();
  const client = useQueryClient();
  return (
    <Center component="main" className={classes.page ?? ""}>
      <Paper withBorder p="xl" className={classes.card ?? ""}>
        <Stack gap="lg">
          <div>
            <img src={emblem} width={36} height={36} alt="" />
            <Title order={1} mt="sm">
              Sign in to Verdict
            </Title>
            <Text c="dimmed">Feature flags, guarded rollouts and experiments.</Text>
          </div>
          <SignInForm
            returnTo={returnTo}
            onDone={() => {
              client.clear();
              void navigate({ to: returnTo, replace: true });
            }}
          />
          <Anchor href="/reset" size="sm">
            Forgot your password?
          </Anchor>
        </Stack>
      </Paper>
    </Center>
  );
}
