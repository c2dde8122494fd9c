import { Alert, Button, Group, Modal, Stack, Tabs, Textarea, TextInput } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { useKeys } from "@/lib/keyboard";
import { Diff } from "./Diff";
import { Failure } from "./Failure";

interface Props {
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly title?: string;
  /** The changes as sentences. */
  readonly words: readonly string[];
  /** Undefined where it isn't known as a document, like `after`. */
  readonly before: unknown;
  readonly after: unknown;
  /** Who is affected. */
  readonly impact?: ReactNode;
  readonly warnings?: readonly string[];
  readonly reasonDemanded: boolean;
  /** The reason is what an experiment has come to: it is demanded, and begins with this. */
  readonly conclusion?: string;
  /** Must be typed: the environment's name, when much moves in a protected one. */
  readonly typedName?: string;
  /** "request": it must be approved by others first. */
  readonly mode: "save" | "request";
  /** What else is to be chosen, such as what is done with experiments. */
  readonly choices?: ReactNode;
  readonly confirm?: string;
  /** It would be refused; what stands above says why. */
  readonly blocked?: boolean;
  /** Closes when it resolves; what it throws is shown. */
  readonly onSubmit: (given: { readonly reason: string }) => Promise<unknown>;
}

const REASON_MAX = 1000;

/** The last look before a write: in words, as JSON, who is affected; a reason and a name where they are asked for. */
export function Review(props: Props) {
  return props.opened ? <Opened {...props} /> : null;
}

/** The focus returns to where it was, unless the page has led it somewhere while the review stood: to what was refused. */
function Opened(props: Props) {
  const { onClose, title, mode } = props;
  const box = useRef<HTMLDivElement>(null);
  const [opener] = useState(() => document.activeElement);
  const close = () => {
    const { activeElement } = document;
    const led = activeElement !== null && activeElement !== document.body && !box.current?.contains(activeElement);
    onClose();
    if (!led && opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  };
  return (
    <Modal
      ref={box}
      opened
      onClose={close}
      returnFocus={false}
      size="xl"
      title={title ?? (mode === "request" ? "Review and request approval" : "Review and save")}
    >
      <Content {...props} onClose={close} />
    </Modal>
  );
}

function Content(props: Props) {
  const {
    onClose,
    words,
    before,
    after,
    impact,
    warnings = [],
    conclusion,
    typedName,
    mode,
    choices,
    blocked = false,
    onSubmit,
  } = props;
  const reasonDemanded = props.reasonDemanded || conclusion !== undefined;
  const [reason, setReason] = useState((conclusion ?? "").slice(0, REASON_MAX));
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const stands = useRef(true);
  useEffect(() => {
    stands.current = true;
    return () => {
      stands.current = false;
    };
  }, []);
  const lacksReason = reasonDemanded && reason.trim() === "";
  const lacksName = typedName !== undefined && typed !== typedName;

  const submit = async () => {
    if (busy || blocked || lacksReason || lacksName) return;
    setBusy(true);
    setProblem(null);
    try {
      await onSubmit({ reason: reason.trim() });
      // Who has closed it meanwhile may have opened something else.
      if (stands.current) onClose();
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  useKeys({ "mod+enter": () => void submit() });

  return (
    <Stack gap="md">
      <Tabs defaultValue="words" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="words">In words</Tabs.Tab>
          {after !== undefined && <Tabs.Tab value="json">As JSON</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="words" pt="sm">
          <ul>
            {words.map((each) => (
              <li key={each}>{each}</li>
            ))}
          </ul>
        </Tabs.Panel>
        <Tabs.Panel value="json" pt="sm">
          <Diff before={before} after={after} />
        </Tabs.Panel>
      </Tabs>
      {warnings.map((each) => (
        <Alert key={each} color="yellow" variant="light" role="status">
          {each}
        </Alert>
      ))}
      {impact}
      {choices}
      <Textarea
        label={conclusion !== undefined ? "Conclusion" : reasonDemanded ? "Reason" : "Reason (optional)"}
        description={
          conclusion === undefined
            ? "It stands in the audit log beside the change."
            : "What was learnt, and what is done because of it. It stands in the history."
        }
        required={reasonDemanded}
        maxLength={REASON_MAX}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {typedName !== undefined && (
        <TextInput
          label={`Type ${typedName} to confirm`}
          description="This moves more than 5% of the units in a protected environment."
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
      )}
      {problem !== null && <Failure problem={problem} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {props.confirm === undefined ? "Back to editing" : "Cancel"}
        </Button>
        <Button loading={busy} disabled={blocked || lacksReason || lacksName} onClick={() => void submit()}>
          {props.confirm ?? (mode === "request" ? "Request approval" : "Save")}
        </Button>
      </Group>
    </Stack>
  );
}
