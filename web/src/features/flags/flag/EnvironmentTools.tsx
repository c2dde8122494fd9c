import { Anchor, Button, CopyButton, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Badge, type Tone } from "@/components/Badge";
import { Card } from "@/components/Card";
import { Icon } from "@/components/Icon";
import { PageLink } from "@/components/PageLink";
import { QueryView } from "@/components/QueryView";
import { pagePath } from "@/lib/url";
import classes from "./flag.module.css";
import { Promote } from "./Promote";
import { type Flag, type Lifecycle, lifecycleQuery } from "./queries";
import { LANGUAGES, type Language, snippet } from "./snippets";

/** Beside the rules: other environments, code, and whether the flag can go. */
export function EnvironmentTools({ flag }: { readonly flag: Flag }) {
  const { project, environment, environments } = usePlace();
  const [comparing, setComparing] = useState(false);
  const [showing, setShowing] = useState(false);
  const testPath = `${pagePath(project.key, "test")}?flag=${encodeURIComponent(flag.key)}`;
  return (
    <>
      <Card title="Elsewhere">
        <Stack gap="xs" align="flex-start">
          <Text>
            <PageLink to={testPath}>Test it with a context</PageLink>
          </Text>
          <Anchor component="button" type="button" onClick={() => setShowing(true)}>
            Use it in code
          </Anchor>
          {environments.length > 1 && (
            <Anchor component="button" type="button" onClick={() => setComparing(true)}>
              Compare with another environment
            </Anchor>
          )}
        </Stack>
      </Card>
      <CanGo flag={flag} />
      {comparing && <Promote flag={flag} to={environment} onClose={() => setComparing(false)} />}
      {showing && <Snippets flag={flag} onClose={() => setShowing(false)} />}
    </>
  );
}

function Snippets({ flag, onClose }: { readonly flag: Flag; readonly onClose: () => void }) {
  const [language, setLanguage] = useState<Language>("Python");
  const fallback = flag.variations.find((each) => each.key === flag.off_variation)?.value ?? null;
  const code = snippet(language, { key: flag.key, type: flag.type, fallback });
  return (
    <Modal opened onClose={onClose} title={`${flag.key} in code`} size="lg">
      <Stack>
        <SegmentedControl
          aria-label="Language"
          data={[...LANGUAGES]}
          value={language}
          onChange={(chosen) => setLanguage(LANGUAGES.find((each) => each === chosen) ?? "Python")}
        />
        <pre className={classes.code}>{code}</pre>
        {!flag.client_visible && (language === "Web" || language === "curl") && (
          <Text c="dimmed">
            Client keys don't see this flag: make it visible to them on the tab Variations, or use a server key.
          </Text>
        )}
        <CopyButton value={code}>
          {({ copied, copy }) => (
            <Button variant="default" w="max-content" leftSection={<Icon name="copy" />} onClick={copy}>
              {copied ? "Copied" : "Copy"}
            </Button>
          )}
        </CopyButton>
      </Stack>
    </Modal>
  );
}

const CHECKS: Readonly<Record<string, string>> = {
  not_evaluated: "Nobody evaluates it",
  not_needed: "It is not made to stay",
  no_dependents: "No other flag needs it",
  no_experiments: "No experiment is on it",
  no_rollouts: "No rollout moves it",
  no_code_references: "No code names it",
};

function CanGo({ flag }: { readonly flag: Flag }) {
  const { project } = usePlace();
  const query = useQuery(lifecycleQuery(project.key, flag.key));
  return (
    <QueryView query={query} part>
      {(lifecycle) => (
        <Card title="Can it go?" actions={<Answer lifecycle={lifecycle} />}>
          <ul className={classes.checks}>
            {lifecycle.checks.map((each) => (
              <li key={each.check}>
                <Icon name={each.outcome === "passed" ? "check" : each.outcome === "failed" ? "close" : "minus"} />
                <span>
                  {CHECKS[each.check] ?? each.check}
                  <Text size="xs" c="dimmed">
                    {each.outcome === "not_checked" ? "Not checked: " : ""}
                    {each.detail}
                  </Text>
                </span>
              </li>
            ))}
          </ul>
        </Card>
      )}
    </QueryView>
  );
}

function Answer({ lifecycle }: { readonly lifecycle: Lifecycle }) {
  const { safe_to_remove: safe } = lifecycle;
  const [tone, words]: [Tone, string] =
    safe === true ? ["good", "Safe to remove"] : safe === false ? ["neutral", "In use"] : ["caution", "Not known"];
  return <Badge tone={tone}>{words}</Badge>;
}
