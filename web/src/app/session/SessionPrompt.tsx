import { Modal, Text } from "@mantine/core";
import { SignInForm } from "./SignInForm";

interface Props {
  readonly email: string;
  readonly onDone: () => Promise<void>;
}

/** It can't be closed: behind it nothing would be answered. */
export default function SessionPrompt({ email, onDone }: Props) {
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title="Your session has ended"
    >
      <Text mb="md">Sign in again and go on where you were: nothing that you entered is lost.</Text>
      <SignInForm email={email} returnTo={`${window.location.pathname}${window.location.search}`} onDone={onDone} />
    </Modal>
  );
}
