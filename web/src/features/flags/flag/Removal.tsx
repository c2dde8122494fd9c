import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { usePlace } from "@/api/place";
import { Badge, type Tone } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Icon } from "@/components/Icon";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { Sentence } from "@/components/Sentence";
import { entityPath } from "@/lib/entity-path";
import { inEnvironment } from "@/lib/url";
import { dependantsOf } from "./dependants";
import classes from "./flag.module.css";
import { type Flag, type Lifecycle, lifecycleQuery } from "./queries";

/** What needs the flag, and whether it can go. */
export function Removal({ flag }: { readonly flag: Flag }) {
  const { project } = usePlace();
  const query = useQuery(lifecycleQuery(project.key, flag.key));
  return (
    <QueryView query={query} part>
      {(lifecycle) => (
        <>
          <UsedBy lifecycle={lifecycle} />
          <CanGo lifecycle={lifecycle} />
        </>
      )}
    </QueryView>
  );
}

function UsedBy({ lifecycle }: { readonly lifecycle: Lifecycle }) {
  const { project } = usePlace();
  const dependants = dependantsOf(lifecycle.used_by);
  return (
    <Card title="Used by">
      {dependants.length === 0 ? (
        <Text size="sm">No flag, experiment or rollout needs it.</Text>
      ) : (
        <ul className={classes.users}>
          {dependants.map((each) => {
            const path = entityPath(project.key, each.kind, each.key);
            const [only = null, ...others] = each.environments;
            return (
              <li key={`${each.kind} ${each.key}`}>
                {path === null ? (
                  each.key
                ) : (
                  <PageLink to={inEnvironment(path, others.length === 0 ? only : null)}>{each.key}</PageLink>
                )}
                <Text size="xs" c="dimmed">
                  {each.words}
                </Text>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

const CHECKS: Readonly<Record<string, string>> = {
  not_evaluated: "Nobody evaluates it",
  not_needed: "It is not made to stay",
  no_dependents: "Nothing else needs it",
  no_experiments: "No experiment is on it",
  no_rollouts: "No rollout moves it",
  no_code_references: "No code names it",
};

function CanGo({ lifecycle }: { readonly lifecycle: Lifecycle }) {
  return (
    <Card title="Can it go?" actions={<Answer lifecycle={lifecycle} />}>
      <ul className={classes.checks}>
        {lifecycle.checks.map((each) => (
          <li key={each.check}>
            <Icon name={each.outcome === "passed" ? "check" : each.outcome === "failed" ? "close" : "minus"} />
            <span>
              {CHECKS[each.check] ?? each.check}
              <Text size="xs" c="dimmed">
                {each.outcome === "not_checked" ? "Not checked: " : ""}
                <Sentence text={each.detail} />
              </Text>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Answer({ lifecycle }: { readonly lifecycle: Lifecycle }) {
  const { safe_to_remove: safe } = lifecycle;
  const [tone, words]: [Tone, string] =
    safe === true ? ["good", "Safe to remove"] : safe === false ? ["neutral", "In use"] : ["caution", "Not known"];
  return <Badge tone={tone}>{words}</Badge>;
}
