import { Anchor, Button, CopyButton, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import type { Environment } from "@/api/place";
import { asProblem } from "@/api/problem";
import { Badge } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Failure } from "@/components/Failure";
import { Icon } from "@/components/Icon";
import { Swatch } from "@/components/Swatch";
import { Time } from "@/components/Time";
import { answerOf } from "../answer";
import { asTest, type TestIn, testsIn } from "../as-test";
import { type Asked, type Explanation, explanationQuery } from "../queries";
import { stepsOf } from "../steps";
import { Steps } from "./Steps";
import classes from "./test.module.css";

interface Props {
  /** The draft is of `draftOf`. */
  readonly asked: Omit<Asked, "environment">;
  readonly draftOf: string;
  readonly environments: readonly Environment[];
  /** Whose steps are shown. */
  readonly shown: string;
  readonly onShow: (environment: string) => void;
  readonly variations: readonly { readonly key: string; readonly name?: string }[];
}

/** The answers of the environments beside each other, and the steps of one. */
export function Answers({ asked, draftOf, environments, shown, onShow, variations }: Props) {
  const results = useQueries({
    queries: environments.map((each) =>
      explanationQuery({ ...asked, environment: each.key, draft: each.key === draftOf ? asked.draft : null }),
    ),
  });
  const at = Math.max(
    0,
    environments.findIndex((each) => each.key === shown),
  );
  const result = results[at];
  const environment = environments[at];
  return (
    <>
      {environments.length > 1 && (
        <Compared environments={environments} results={results} at={at} onShow={onShow} variations={variations} />
      )}
      {result?.isError && <Failure problem={asProblem(result.error)} retry={() => void result.refetch()} />}
      {result?.data !== undefined && environment !== undefined && (
        <Shown
          asked={{ ...asked, draft: environment.key === draftOf ? asked.draft : null }}
          explanation={result.data}
          environment={environment}
          variations={variations}
        />
      )}
    </>
  );
}

interface ComparedProps {
  readonly environments: readonly Environment[];
  readonly results: readonly { readonly data?: Explanation | undefined; readonly error: unknown }[];
  readonly at: number;
  readonly onShow: (environment: string) => void;
  readonly variations: Props["variations"];
}

function Compared({ environments, results, at, onShow, variations }: ComparedProps) {
  return (
    <Card title="By environment">
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">Environment</th>
            <th scope="col">Serves</th>
            <th scope="col">Because</th>
          </tr>
        </thead>
        <tbody>
          {environments.map((environment, index) => {
            const result = results[index];
            const answer = result?.data === undefined ? null : answerOf(result.data.decision);
            return (
              <tr key={environment.key} className={index === at ? classes.chosen : ""}>
                <th scope="row">
                  <Anchor
                    component="button"
                    type="button"
                    aria-current={index === at}
                    onClick={() => onShow(environment.key)}
                  >
                    {environment.name}
                  </Anchor>
                </th>
                <td>{answer === null ? "…" : <Served variation={answer.variation} variations={variations} />}</td>
                <td>{answer === null ? (result?.error ? "Failed" : "") : (answer.error ?? answer.words)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Card>
  );
}

function Served({
  variation,
  variations,
}: {
  readonly variation: string | null;
  readonly variations: Props["variations"];
}) {
  if (variation === null) return <>your default</>;
  const place = variations.findIndex((each) => each.key === variation);
  return (
    <>
      {place >= 0 && <Swatch index={place} />} {variations[place]?.name || variation}
    </>
  );
}

interface ShownProps {
  readonly asked: Props["asked"];
  readonly explanation: Explanation;
  readonly environment: Environment;
  readonly variations: Props["variations"];
}

function Shown({ asked, explanation, environment, variations }: ShownProps) {
  const answer = answerOf(explanation.decision);
  const last = explanation.last_changed_by;
  return (
    <>
      <Card
        title={`${asked.flag} in ${environment.name}`}
        subtitle={
          asked.at === null
            ? asked.draft === null
              ? "As it is saved now"
              : "As the draft would have it"
            : "As it was then"
        }
      >
        <Stack gap="sm">
          <div className={classes.answer} role="status">
            <span className={classes.variation}>
              <Served variation={answer.variation} variations={variations} />
            </span>
            <Badge tone={answer.error === null ? "info" : "problem"}>{answer.reason}</Badge>
            <Text c="dimmed">{answer.error ?? answer.words}</Text>
          </div>
          {answer.value !== undefined && (
            <pre className={`${classes.code} ${classes.value}`}>{JSON.stringify(answer.value, null, 2)}</pre>
          )}
          {last !== null && (
            <Text c="dimmed">
              Last changed by {last.who.name}, <Time at={last.when} />: {last.entity.replaceAll("_", " ")}{" "}
              {last.entity_key}
              {last.reason && `, “${last.reason}”`}
            </Text>
          )}
        </Stack>
      </Card>
      <Card title="Step by step">
        <Steps
          steps={stepsOf(explanation.steps)}
          variations={variations.map((each) => each.key)}
          segments={explanation.segments}
        />
      </Card>
      <Keep asked={asked} explanation={explanation} />
    </>
  );
}

/** The way out: the address for somebody else, a test for the code. */
function Keep({ asked, explanation }: Pick<ShownProps, "asked" | "explanation">) {
  const [language, setLanguage] = useState<TestIn>("Python");
  const code = asTest(language, asked.flag, asked.context, answerOf(explanation.decision));
  return (
    <Card title="Keep it">
      <Stack gap="sm">
        <CopyButton value={window.location.href}>
          {({ copied, copy }) => (
            <Button variant="default" size="xs" w="max-content" leftSection={<Icon name="link" />} onClick={copy}>
              {copied ? "Copied" : "Copy a link to this test"}
            </Button>
          )}
        </CopyButton>
        <SegmentedControl
          size="xs"
          w="max-content"
          aria-label="Test in"
          data={[...testsIn]}
          value={language}
          onChange={(chosen) => setLanguage(testsIn.find((each) => each === chosen) ?? "Python")}
        />
        <pre className={classes.code}>{code}</pre>
        <CopyButton value={code}>
          {({ copied, copy }) => (
            <Button variant="default" size="xs" w="max-content" leftSection={<Icon name="copy" />} onClick={copy}>
              {copied ? "Copied" : "Copy as a test"}
            </Button>
          )}
        </CopyButton>
      </Stack>
    </Card>
  );
}
