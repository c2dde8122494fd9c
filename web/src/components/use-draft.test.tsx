import { Button } from "@mantine/core";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { act, useState } from "react";
import { afterEach, expect, test } from "vitest";
import { button, press, render, soon, takeAway } from "./testing";
import { useDraft } from "./use-draft";

afterEach(takeAway);

interface Stored {
  readonly text: string;
  readonly version: number;
}

/** `written`: ends a save; what is stored follows by "Read". */
function Page({ written }: { readonly written: Promise<void> }) {
  const [stored, setStored] = useState<Stored>({ text: "old", version: 1 });
  const { draft, set, dirty, moved, saved, version } = useDraft(stored.text, { version: stored.version });
  const save = async () => {
    await written;
    saved(2);
  };
  return (
    <>
      <p>{`${draft}, ${dirty ? "changed" : "as stored"}, ${moved ? "moved" : "not moved"}, version ${version}`}</p>
      <Button onClick={() => set("new")}>Write</Button>
      <Button onClick={() => set("newer")}>Go on</Button>
      <Button onClick={() => void save()}>Save</Button>
      <Button onClick={() => setStored({ text: "new", version: 2 })}>Read</Button>
    </>
  );
}

async function page(): Promise<() => Promise<void>> {
  let answer = () => {};
  const written = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const routeTree = createRootRoute({ component: () => <Page written={written} /> });
  const router = createRouter({ routeTree, history: createMemoryHistory() });
  await render(<RouterProvider router={router} />);
  await soon(() => shows("old, as stored"));
  return () =>
    act(async () => {
      answer();
      await written;
    });
}

const shows = (text: string) => expect(document.body.textContent).toContain(text);

test("what was saved is shown until it is read", async () => {
  const end = await page();
  await press(button("Write"));
  shows("new, changed, not moved, version 1");
  await press(button("Save"));
  await end();
  shows("new, as stored, not moved");
  await press(button("Read"));
  shows("new, as stored, not moved, version 2");
});

test("what was changed while it was saved stays, and is a change of what was saved", async () => {
  const end = await page();
  await press(button("Write"));
  await press(button("Save"));
  await press(button("Go on"));
  await end();
  shows("newer, changed, not moved");
  await press(button("Read"));
  shows("newer, changed, not moved, version 2");
});
