import { Button, Group, PasswordInput, SegmentedControl, Stack, Text, useMantineColorScheme } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { usePlace } from "@/api/place";
import { asProblem, type Problem } from "@/api/problem";
import { announce, announceProblem } from "@/components/announce";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { type Column, DataTable } from "@/components/DataTable";
import { Failure } from "@/components/Failure";
import { KeyValue } from "@/components/KeyValue";
import { PageHeader } from "@/components/PageHeader";
import { QueryView } from "@/components/QueryView";
import { Time } from "@/components/Time";
import { OwnTokens } from "../parts/OwnTokens";
import { changePassword, endOtherSessions, endSession, type Session, sessionsQuery } from "../queries";

const SCHEMES = [
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
  { value: "auto", label: "As the system" },
] as const;

export default function ProfilePage() {
  const { person } = usePlace();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <PageHeader title="Your account" subtitle={person.email} />
      <Stack gap="md" maw={860}>
        <Card title="You">
          <KeyValue
            items={[
              { label: "Name", value: person.name },
              { label: "E-mail address", value: person.email },
              {
                label: "Organizations",
                value: person.organizations.map((each) => `${each.name} (${each.role ?? "by bindings"})`).join(", "),
              },
            ]}
          />
        </Card>
        <Card title="Appearance">
          <SegmentedControl
            aria-label="Appearance"
            data={[...SCHEMES]}
            value={colorScheme}
            onChange={(next) => setColorScheme(SCHEMES.find((each) => each.value === next)?.value ?? "auto")}
          />
        </Card>
        <OwnTokens />
        <Sessions />
        <Password />
      </Stack>
    </>
  );
}

function Sessions() {
  const query = useQuery(sessionsQuery);
  const client = useQueryClient();
  const after = async (what: string, write: Promise<unknown>) => {
    try {
      await write;
      announce(null, { what });
    } catch (thrown) {
      announceProblem(thrown, "The session could not be ended");
    }
    await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  };
  const columns: readonly Column<Session>[] = [
    {
      id: "where",
      header: "Where",
      cell: (each) => (
        <>
          {browserName(each.user_agent)} {each.current && <Badge tone="info">this one</Badge>}
        </>
      ),
    },
    { id: "network", header: "Network", cell: (each) => each.network, width: "160px" },
    { id: "used", header: "Last used", cell: (each) => <Time at={each.last_used_at} />, width: "140px" },
    { id: "ends", header: "Ends", cell: (each) => <Time at={each.expires_at} />, width: "140px" },
    {
      id: "end",
      header: "",
      align: "right",
      width: "90px",
      cell: (each) =>
        each.current ? null : (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => void after("Ended a session", endSession(each.id))}
          >
            End
          </Button>
        ),
    },
  ];
  return (
    <Card
      title="Sessions"
      subtitle="Where you are signed in."
      actions={
        <Button variant="default" size="xs" onClick={() => void after("Ended all other sessions", endOtherSessions())}>
          End all others
        </Button>
      }
    >
      <QueryView query={query}>
        {(page) => (
          <DataTable
            label="Sessions"
            rows={page.items}
            rowKey={(each) => each.id}
            columns={columns}
            empty={<Text>None.</Text>}
          />
        )}
      </QueryView>
    </Card>
  );
}

function Password() {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      await changePassword(current, next);
      setCurrent("");
      setNext("");
      announce(null, { what: "Changed your password. All your other sessions have ended" });
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title="Password" subtitle="Another one ends every session and every open link.">
      <form onSubmit={submit} aria-label="Change the password">
        <Stack gap="sm" maw={420}>
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            required
            value={current}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <PasswordInput
            label="New password"
            description="At least 12 characters"
            autoComplete="new-password"
            required
            minLength={12}
            value={next}
            onChange={(event) => setNext(event.currentTarget.value)}
          />
          {problem !== null && <Failure problem={problem} />}
          <Group>
            <Button type="submit" loading={busy}>
              Change the password
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

/** "Firefox on Linux", as far as a browser says so; a program's own words otherwise. */
function browserName(agent: string): string {
  const browser = ["Edg", "Firefox", "Chrome", "Safari"].find((each) => agent.includes(`${each}/`));
  const system = ["Windows", "Android", "iPhone", "Mac OS", "Linux"].find((each) => agent.includes(each));
  if (browser === undefined) return agent === "" ? "a program that does not say which" : agent;
  return `${browser === "Edg" ? "Edge" : browser}${system === undefined ? "" : ` on ${system}`}`;
}
