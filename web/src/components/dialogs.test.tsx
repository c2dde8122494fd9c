import { Button, TextInput } from "@mantine/core";
import { act, useState } from "react";
import { afterEach, expect, test } from "vitest";
import { ConfirmDialog } from "./ConfirmDialog";
import { FormDialog } from "./FormDialog";
import { Review } from "./Review";
import { button, press, render, soon, takeAway } from "./testing";

afterEach(takeAway);

interface Opened {
  readonly close: () => void;
  readonly send: () => Promise<void>;
}

const DIALOGS: readonly [string, string, string, (opened: Opened) => React.ReactNode][] = [
  [
    "a form",
    "Send",
    "Cancel",
    ({ close, send }) => (
      <FormDialog opened onClose={close} title="First" confirm="Send" onSubmit={send}>
        <TextInput label="Name" />
      </FormDialog>
    ),
  ],
  [
    "a confirmation",
    "Send",
    "Cancel",
    ({ close, send }) => <ConfirmDialog opened onClose={close} title="First" confirm="Send" onConfirm={send} />,
  ],
  [
    "a review",
    "Save",
    "Back to editing",
    ({ close, send }) => (
      <Review
        opened
        onClose={close}
        title="First"
        words={["It changes"]}
        before={{}}
        after={{}}
        reasonDemanded={false}
        mode="save"
        onSubmit={send}
      />
    ),
  ],
];

/** Closing takes away whatever is open, as pages do that have one dialog at a time. */
function Page({
  dialog,
  sent,
}: {
  readonly dialog: (opened: Opened) => React.ReactNode;
  readonly sent: Promise<void>;
}) {
  const [open, setOpen] = useState<"" | "first" | "second">("first");
  return (
    <>
      <Button onClick={() => setOpen("second")}>Open the second</Button>
      {open === "first" && dialog({ close: () => setOpen(""), send: () => sent })}
      {open === "second" && <p>The second stands</p>}
    </>
  );
}

test.each(DIALOGS)("%s that was closed while it was sent closes nothing later", async (_, send, leave, dialog) => {
  let answer = () => {};
  const sent = new Promise<void>((resolve) => {
    answer = resolve;
  });
  await render(<Page dialog={dialog} sent={sent} />);
  await press(button(send));
  await press(button(leave));
  await press(button("Open the second"));
  await soon(() => expect(document.body.textContent).toContain("The second stands"));
  await act(async () => {
    answer();
    await sent;
  });
  expect(document.body.textContent).toContain("The second stands");
});
