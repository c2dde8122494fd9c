import { Button, Group, Modal } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { Failure } from "./Failure";

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly children?: ReactNode;
  /** Verb and object: "Delete the segment". */
  readonly confirm: string;
  readonly tone?: "danger" | "normal";
  /** Closes when it resolves; what it throws is shown. */
  readonly onConfirm: () => Promise<unknown> | unknown;
}

export function ConfirmDialog({ opened, onClose, title, children, confirm, tone = "normal", onConfirm }: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const closed = useRef(0);
  const close = () => {
    closed.current += 1;
    setProblem(null);
    onClose();
  };
  const run = async () => {
    const before = closed.current;
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      // Who has closed it meanwhile may have opened something else.
      if (closed.current === before) close();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title}>
      {children}
      {problem !== null && <Failure problem={problem} />}
      <Group justify="flex-end" mt="lg">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          {...(tone === "danger" ? { color: "red.8" } : {})}
          loading={busy}
          onClick={() => void run()}
          data-autofocus
        >
          {confirm}
        </Button>
      </Group>
    </Modal>
  );
}
