import { Alert, Button, CopyButton, Group, Stack, Text } from "@mantine/core";
import classes from "./CopyOnce.module.css";
import { Icon } from "./Icon";

interface Props {
  readonly secret: string;
  /** What it is: "SDK key of production". */
  readonly label: string;
}

/** A secret that is shown this once: nobody can read it again. */
export function CopyOnce({ secret, label }: Props) {
  return (
    <Alert
      color="yellow"
      variant="light"
      icon={<Icon name="key" />}
      title={label}
      classNames={{ body: classes.body ?? "" }}
    >
      <Stack gap="xs">
        <Text>Copy it now: it is not shown again.</Text>
        <Group gap="xs" wrap="nowrap" align="stretch">
          <input
            className={classes.secret}
            readOnly
            value={secret}
            aria-label={label}
            onFocus={(event) => event.currentTarget.select()}
          />
          <CopyButton value={secret} timeout={3000}>
            {({ copied, copy }) => (
              <Button
                onClick={copy}
                leftSection={<Icon name={copied ? "check" : "copy"} size={16} />}
                className={classes.copy ?? ""}
              >
                {copied ? "Copied" : "Copy"}
              </Button>
            )}
          </CopyButton>
        </Group>
      </Stack>
    </Alert>
  );
}
