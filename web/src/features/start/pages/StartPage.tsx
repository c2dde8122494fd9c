import { Anchor, Button, Group, NativeSelect, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { z } from "zod";
import emblem from "@/assets/verdict.svg";
import { QueryView } from "@/components/QueryView";
import { pagePath, useSearchState } from "@/lib/url";
import { type FlagType, LANGUAGES } from "../model";
import { EnvironmentChoice } from "../parts/EnvironmentChoice";
import { Guide } from "../parts/Guide";
import { KeyedForm } from "../parts/KeyedForm";
import { Listening } from "../parts/Listening";
import { Step } from "../parts/Step";
import {
  createEnvironments,
  createFlag,
  createOrganization,
  createProject,
  type Environment,
  environmentsQuery,
  flagsQuery,
  personQuery,
  projectQuery,
} from "../queries";
import classes from "./StartPage.module.css";

const search = z.object({
  project: z.string().default(""),
  flag: z.string().default(""),
  language: z.enum(LANGUAGES).default("python"),
});

/** The first run: from nothing to a program that asks for a flag. Each step is kept, so that it goes on after a break. */
export default function StartPage() {
  const person = useQuery(personQuery);
  return (
    <main className={classes.page}>
      <img src={emblem} width={32} height={32} alt="Verdict" />
      <Title order={1} tabIndex={-1} mt="sm">
        Your first flag
      </Title>
      <Text c="dimmed" mb="lg">
        From nothing to a program that asks for a flag: about five minutes.
      </Text>
      <QueryView query={person}>
        {(me) => <Steps organizations={me.organizations} isAdministrator={me.is_administrator} />}
      </QueryView>
    </main>
  );
}

interface StepsProps {
  readonly organizations: readonly { readonly id: string; readonly name: string }[];
  readonly isAdministrator: boolean;
}

function Steps({ organizations, isAdministrator }: StepsProps) {
  const [state, setState] = useSearchState(search);
  const { project: key } = state;
  const client = useQueryClient();
  const [organization, setOrganization] = useState(organizations[0]?.id ?? "");
  const project = useQuery({ ...projectQuery(key), enabled: key !== "" });
  const environments = useQuery({ ...environmentsQuery(key), enabled: key !== "" });
  const flags = useQuery({ ...flagsQuery(key), enabled: key !== "" });

  if (organizations.length === 0) {
    return <FirstOrganization isAdministrator={isAdministrator} />;
  }
  const first = tried(environments.data ?? []);
  const flag = (flags.data ?? []).find((each) => each.key === state.flag) ?? flags.data?.at(-1);
  const hasProject = project.data !== undefined;
  const hasEnvironment = hasProject && first !== undefined;
  const hasFlag = hasEnvironment && flag !== undefined;

  return (
    <ol className={classes.steps}>
      <Step
        number={1}
        title="A project"
        state={hasProject ? "done" : "now"}
        outcome={`${project.data?.name}: its flags, segments and experiments belong together.`}
      >
        <KeyedForm
          noun="project"
          example="Web shop"
          submit="Create the project"
          onSubmit={async (given) => {
            const made = await createProject(organization, given.key, given.name);
            await client.invalidateQueries({ queryKey: ["projects"] });
            setState({ project: made.data.key }, { push: true });
          }}
        >
          {organizations.length > 1 && (
            <NativeSelect
              label="Organization"
              data={organizations.map((each) => ({ value: each.id, label: each.name }))}
              value={organization}
              onChange={(event) => setOrganization(event.currentTarget.value)}
            />
          )}
        </KeyedForm>
      </Step>
      <Step
        number={2}
        title="Environments"
        state={hasEnvironment ? "done" : hasProject ? "now" : "later"}
        outcome={(environments.data ?? []).map((each) => each.name).join(", ")}
      >
        <EnvironmentChoice
          onCreate={async (chosen) => {
            await createEnvironments(key, chosen);
            await client.invalidateQueries({ queryKey: ["project", key] });
          }}
        />
      </Step>
      <Step
        number={3}
        title="A flag"
        state={hasFlag ? "done" : hasEnvironment ? "now" : "later"}
        outcome={`${flag?.key}, on for everybody in ${first?.name}.`}
      >
        <KeyedForm
          noun="flag"
          example="New checkout"
          submit="Create the flag"
          onSubmit={async (given) => {
            if (first === undefined) return;
            const made = await createFlag(key, given.key, given.name, first.key);
            await client.invalidateQueries({ queryKey: ["start", key] });
            setState({ flag: made.key });
          }}
        />
      </Step>
      <Step number={4} title="A program that asks for it" state={hasFlag ? "now" : "later"}>
        {hasFlag && (
          <Guide
            project={key}
            environment={first}
            flag={{ key: flag.key, type: asFlagType(flag.type), clientVisible: flag.client_visible }}
            language={state.language}
            onLanguage={(language) => setState({ language })}
          />
        )}
      </Step>
      <Step number={5} title="The first evaluation" state={hasFlag ? "now" : "later"}>
        {hasFlag && (
          <>
            <Listening project={key} environment={first} />
            <Group mt="md">
              <Button component={Link} to={pagePath(key, "flags", flag.key)} search={{ env: first.key } as never}>
                Open the flag
              </Button>
              <Anchor component={Link} to={pagePath(key, "overview")} size="sm">
                Go to the overview
              </Anchor>
            </Group>
          </>
        )}
      </Step>
    </ol>
  );
}

function FirstOrganization({ isAdministrator }: { readonly isAdministrator: boolean }) {
  const client = useQueryClient();
  if (!isAdministrator) {
    return <Text>You are in no organization yet. Ask whoever runs Verdict where you work to invite you.</Text>;
  }
  return (
    <ol className={classes.steps}>
      <Step number={1} title="An organization" state="now">
        <KeyedForm
          noun="organization"
          example="Acme"
          submit="Create the organization"
          onSubmit={async (given) => {
            await createOrganization(given.key, given.name);
            await client.invalidateQueries({ queryKey: ["me"] });
          }}
        />
      </Step>
    </ol>
  );
}

/** A first program is tried where no user is: the first environment that is not protected. */
function tried(environments: readonly Environment[]): Environment | undefined {
  return environments.find((each) => !each.protected) ?? environments[0];
}

function asFlagType(type: string): FlagType {
  return type === "string" || type === "integer" || type === "number" || type === "object" ? type : "boolean";
}
