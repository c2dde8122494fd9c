import { Modal, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import type { Person } from "@/api/shared-queries";
import { meQuery } from "@/api/shared-queries";
import { onSessionEnd } from "@/api/signed-in";
import { SignInForm } from "./SignInForm";
import { onSignOutElsewhere } from "./tabs";

/** A session that ends amid work is renewed over the page: requests wait, and drafts are still there after it. */
export function SessionDialog({ person }: { readonly person: Person }) {
  const [opened, setOpened] = useState(false);
  const waiting = useRef<(() => void) | null>(null);
  const client = useQueryClient();

  useEffect(
    () =>
      onSessionEnd(
        () =>
          new Promise<void>((resolve) => {
            waiting.current = resolve;
            setOpened(true);
          }),
      ),
    [],
  );
  useEffect(
    () =>
      onSignOutElsewhere(() => {
        client.clear();
        window.location.assign("/sign-in");
      }),
    [client],
  );

  const done = useCallback(async () => {
    const before = person.id;
    setOpened(false);
    waiting.current?.();
    waiting.current = null;
    const now = await client.fetchQuery({ ...meQuery, staleTime: 0 });
    // Somebody else must not go on with what the first one may see.
    if (now.id !== before) {
      client.clear();
      window.location.assign("/");
    }
  }, [client, person.id]);

  return (
    <Modal
      opened={opened}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title="Your session has ended"
    >
      <Text mb="md">Sign in again and go on where you were: nothing that you entered is lost.</Text>
      <SignInForm
        email={person.email}
        returnTo={`${window.location.pathname}${window.location.search}`}
        onDone={() => void done()}
      />
    </Modal>
  );
}
