import { Button, Modal, Stack } from "@mantine/core";
import { CopyOnce } from "../CopyOnce";

interface Props {
  readonly title: string;
  /** Null: there is none to show. */
  readonly secret: string | null;
  /** What it is, or what it is for. */
  readonly label: string;
  readonly onClose: () => void;
}

/** The dialog with a secret that was just made. A click beside it doesn't close it: it comes this once. */
export function SecretOnce({ title, secret, label, onClose }: Props) {
  return (
    <Modal opened={secret !== null} onClose={onClose} title={title} size="lg" closeOnClickOutside={false}>
      {secret !== null && (
        <Stack>
          <CopyOnce secret={secret} label={label} />
          <Button onClick={onClose}>I have copied it</Button>
        </Stack>
      )}
    </Modal>
  );
}
