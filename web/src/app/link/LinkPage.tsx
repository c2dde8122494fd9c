import { Anchor, Button, Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { acceptInvitation, joinByInvitation, resetPassword, whoIsSignedIn } from "@/api/session";
import emblem from "@/assets/verdict.svg";
import { Failure } from "@/components/Failure";
import classes from "../SignInPage.module.css";
import { SignInForm } from "../session/SignInForm";
import { linkOf } from "./link";
import { PasswordForm } from "./PasswordForm";

/** Where invitations and new passwords lead to. The secret leaves the address at once, and is kept here alone. */
export default function LinkPage() {
  const [link] = useState(() => linkOf(window.location.hash));
  useEffect(() => window.history.replaceState(window.history.state, "", window.location.pathname), []);
  if (link === null)
    return (
      <Frame title="This link is not complete" text="Open it once more as it was given to you.">
        <Anchor href="/sign-in" size="sm">
          Sign in
        </Anchor>
      </Frame>
    );
  return link.purpose === "invitation" ? <Invitation secret={link.secret} /> : <NewPassword secret={link.secret} />;
}

/** Anew, with nothing that was read as nobody or as somebody else. */
const enter = () => window.location.assign("/");

function NewPassword({ secret }: { readonly secret: string }) {
  return (
    <Frame title="Choose a new password" text="All your sessions end, and this browser is signed in.">
      <PasswordForm
        label="Choose a new password"
        confirm="Set the password"
        onSubmit={async ({ password }) => {
          await resetPassword(secret, password);
          enter();
        }}
      />
    </Frame>
  );
}

function Invitation({ secret }: { readonly secret: string }) {
  const session = useQuery({
    queryKey: ["link", "session"],
    queryFn: whoIsSignedIn,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [known, setKnown] = useState(false);
  if (typeof session.data === "string") return <Join secret={secret} />;
  if (known)
    return (
      <Frame title="You have an account" text="Sign in with it to accept the invitation.">
        <SignInForm returnTo="/" onDone={() => void session.refetch()} />
      </Frame>
    );
  return (
    <Frame title="You are invited" text="Choose a name and a password to join.">
      <PasswordForm
        label="Accept the invitation"
        confirm="Join"
        named
        onSubmit={async ({ password, name }) => {
          try {
            await acceptInvitation(secret, password, name);
            enter();
          } catch (thrown) {
            if (asProblem(thrown).code !== "account_exists") throw thrown;
            setKnown(true);
          }
        }}
      />
      <Button variant="subtle" size="compact-sm" onClick={() => setKnown(true)}>
        I have an account already
      </Button>
    </Frame>
  );
}

function Join({ secret }: { readonly secret: string }) {
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const join = async () => {
    setBusy(true);
    try {
      await joinByInvitation(secret);
      enter();
    } catch (thrown) {
      setProblem(asProblem(thrown));
      setBusy(false);
    }
  };
  return (
    <Frame title="You are invited" text="You are signed in: join with this account.">
      {problem !== null && <Failure problem={problem} />}
      <Button onClick={() => void join()} loading={busy} fullWidth>
        Join
      </Button>
      <Anchor href="/" size="sm">
        Not now
      </Anchor>
    </Frame>
  );
}

interface FrameProps {
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Frame({ title, text, children }: FrameProps) {
  return (
    <Center component="main" className={classes.page ?? ""}>
      <Paper withBorder p="xl" className={classes.card ?? ""}>
        <Stack gap="md">
          <img src={emblem} width={36} height={36} alt="" />
          <div>
            <Title order={1} tabIndex={-1}>
              {title}
            </Title>
            <Text c="dimmed">{text}</Text>
          </div>
          {children}
        </Stack>
      </Paper>
    </Center>
  );
}
