import { Button, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";

/** The same for what is absent and what is not yours. */
export function NothingHere() {
  return (
    <Stack align="flex-start" p="xl" gap="sm" maw={560}>
      <Title order={1} tabIndex={-1}>
        There is nothing at this address
      </Title>
      <Text c="dimmed">It may never have been here, it may have been deleted, or your roles don't reach it.</Text>
      <Button component={Link} to="/" variant="default">
        Go to the overview
      </Button>
    </Stack>
  );
}
