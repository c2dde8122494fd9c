import { Button, TextInput } from "@mantine/core";
import { act, useState } from "react";
import { afterEach, expect, test } from "vitest";
import { Problem } from "@/api/problem";
import { Review } from "./Review";
import { Refusals } from "./refusals/Refusals";
import { button, press, render, soon, takeAway } from "./testing";

afterEach(takeAway);

const refusal = new Problem({
  status: 422,
  title: "Unprocessable",
  detail: "name: is blank",
  code: "invalid_input",
  fields: [{ field: "name", code: "blank", message: "is blank" }],
});

/** `keeps`: the review stands beside the form all the time, and is opened and closed. */
function Page({ keeps, refuses }: { readonly keeps: boolean; readonly refuses: boolean }) {
  const [opened, setOpened] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  return (
    <>
      <Refusals problem={problem}>
        <TextInput label="Name" data-path="name" />
      </Refusals>
      <Button onClick={() => setOpened(true)}>Review</Button>
      {(keeps || opened) && (
        <Review
          opened={opened}
          onClose={() => setOpened(false)}
          words={["It changes"]}
          before={{}}
          after={{}}
          reasonDemanded={false}
          mode="save"
          onSubmit={async () => setProblem(refuses ? refusal : null)}
        />
      )}
    </>
  );
}

/** Longer than a dialog takes to give the focus back. */
const settled = () => act(() => new Promise((resolve) => setTimeout(resolve, 50)));

test.each([
  ["one that stands by", true],
  ["one that is made anew", false],
])("a refusal leads to its control, and %s leaves the focus there", async (_, keeps) => {
  await render(<Page keeps={keeps} refuses />);
  button("Review")?.focus();
  await press(button("Review"));
  await press(button("Save"));
  await soon(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  await settled();
  expect(document.activeElement?.getAttribute("data-path")).toBe("name");
});

test.each([
  ["is left", "Back to editing"],
  ["has saved", "Save"],
])("a review that %s gives the focus back", async (_, by) => {
  await render(<Page keeps refuses={false} />);
  button("Review")?.focus();
  await press(button("Review"));
  await press(button(by));
  await soon(() => expect(document.querySelector("[role=dialog]")).toBeNull());
  await settled();
  expect(document.activeElement).toBe(button("Review"));
});
