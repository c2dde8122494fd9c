import { Anchor, Button, CopyButton, Modal, SegmentedControl, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { Card } from "@/components/Card";
import { Icon } from "@/components/Icon";
import { PageLink } from "@/components/PageLink";
import { pagePath } from "@/lib/url";
import classes from "./flag.module.css";
import { Promote } from "./Promote";
import type { Flag } from "./queries";
import { Removal } from "./Removal";
import { LANGUAGES, type Language, snippet } from "./snippets";

/** Beside the rules: other environments, code, what needs the flag, and whether it can go. */
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
      <Removal flag={flag} />
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
