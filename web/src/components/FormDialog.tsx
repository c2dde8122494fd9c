import { Button, Group, Modal, Stack } from "@mantine/core";
import { type FormEvent, type ReactNode, useRef, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { Failure } from "./Failure";
import { saidByForm } from "./refusals/fields";
import { Refusals } from "./refusals/Refusals";

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title: string;
  /** Verb and object: "Invite Anna". */
  readonly confirm: string;
  readonly children: ReactNode;
  /** Why it can't be sent yet. */
  readonly incomplete?: string;
  readonly size?: "md" | "lg" | "xl";
  /** Closes when it resolves, unless `stays`; what it throws is shown above the buttons. */
  readonly onSubmit: () => Promise<unknown>;
  readonly stays?: boolean;
}

/** A small form in a dialog, sent by Enter or its button. */
export function FormDialog({
  opened,
  onClose,
  title,
  confirm,
  children,
  incomplete = "",
  size = "md",
  ...rest
}: Props) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const closed = useRef(0);
  const close = () => {
    closed.current += 1;
    setProblem(null);
    onClose();
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || incomplete !== "") return;
    const before = closed.current;
    setBusy(true);
    setProblem(null);
    try {
      await rest.onSubmit();
      // Who has closed it meanwhile may have opened something else.
      if (rest.stays !== true && closed.current === before) close();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Modal opened={opened} onClose={close} title={title} size={size}>
      <form onSubmit={(event) => void submit(event)} noValidate>
        <Refusals problem={problem}>
          <Stack gap="sm">
            {children}
            {problem !== null && !saidByForm(problem) && <Failure problem={problem} />}
            <Group justify="flex-end" mt="xs">
              <Button variant="default" onClick={close}>
                Cancel
              </Button>
              <Button
                type="submit"
                loading={busy}
                {...(incomplete === "" ? {} : { "aria-disabled": true, "data-disabled": true, title: incomplete })}
              >
                {confirm}
              </Button>
            </Group>
          </Stack>
        </Refusals>
      </form>
    </Modal>
  );
}
