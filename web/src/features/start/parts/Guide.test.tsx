import { afterEach, expect, it, vi } from "vitest";
import { button, render, takeAway } from "@/components/testing";
import { Guide } from "./Guide";

// As on the page of the first run, which is not one of a project's.
vi.mock("@/api/rights", () => ({ useRight: () => ({ allowed: false, known: false }) }));

afterEach(takeAway);

it.each([
  ["on the first run, where no project's rights are read, a key can be made", false, null],
  ["on a project's page a key asks for the right", true, "true"],
])("%s", async (_, guarded, disabled) => {
  await render(
    <Guide
      project="shop"
      environment={{ key: "development", name: "Development" }}
      flag={{ key: "checkout", type: "boolean", clientVisible: false }}
      language="python"
      onLanguage={() => undefined}
      guarded={guarded}
    />,
  );
  expect(button("Make a server key for Development")?.getAttribute("aria-disabled") ?? null).toBe(disabled);
});
