import { NumberInput, TextInput } from "@mantine/core";
import { act } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { problemOf } from "@/api/problem";
import { render, takeAway } from "../testing";
import { controlOf } from "./place";
import { Refusals } from "./Refusals";

afterEach(takeAway);

const refused = (errors: readonly object[], code = "invalid_input", detail = "2 fields are invalid") =>
  problemOf(new Response(null, { status: code === "already_exists" ? 409 : 422 }), {
    title: "Invalid input",
    code,
    detail,
    errors,
  });

const shown = (problem: ReturnType<typeof refused> | null) =>
  render(
    <Refusals problem={problem}>
      <TextInput label="Key" data-path="key" />
      <TextInput label="Address" description="https alone" data-path="url" />
      <NumberInput label="Share" data-path="plan.steps[1].share" />
      <TextInput label="Bucket" data-path="destination.bucket destination.object_store.bucket" />
      <TextInput label="Silent" data-path="name" error="is blank" />
    </Refusals>,
  );

const input = (label: string): HTMLInputElement => {
  const found = [...document.querySelectorAll("label")].find((each) => each.textContent?.startsWith(label));
  return document.getElementById(found?.htmlFor ?? "") as HTMLInputElement;
};

const said = (element: Element): string =>
  (element.getAttribute("aria-describedby") ?? "")
    .split(" ")
    .map((id) => document.getElementById(id)?.textContent ?? "")
    .filter((text) => text !== "")
    .join(" ");

describe("a refused form", () => {
  it("marks each control, says why beside it, and goes to the first", async () => {
    await shown(
      refused([
        { field: "url", code: "not_public", reason: "must be a public address" },
        { field: "plan.steps[1].share", code: "too_large", reason: "must be at most 100" },
        { field: "destination.object_store.bucket", code: "missing", reason: "is missing" },
      ]),
    );
    expect(document.activeElement).toBe(input("Address"));
    for (const [label, words] of [
      ["Address", "https alone Must be a public address"],
      ["Share", "Must be at most 100"],
      ["Bucket", "Is missing"],
    ] as const) {
      expect(input(label).getAttribute("aria-invalid")).toBe("true");
      expect(said(input(label))).toBe(words);
    }
    expect(input("Key").getAttribute("aria-invalid")).not.toBe("true");
  });

  it("lists all above, each leading to its control where it has one", async () => {
    await shown(
      refused([
        { field: "url", code: "not_public", reason: "must be a public address" },
        { field: "url", code: "too_long", reason: "is too long" },
        { field: "owner", code: "unknown", reason: "is nobody here" },
      ]),
    );
    const above = document.querySelector("[role=alert]");
    expect([...(above?.querySelectorAll("li") ?? [])].map((each) => each.textContent)).toEqual([
      "url: must be a public address",
      "url: is too long",
      "owner: is nobody here",
    ]);
    expect([...(above?.querySelectorAll("button") ?? [])].map((each) => each.textContent)).toEqual(["url", "url"]);
    await act(async () => input("Share").focus());
    await act(async () => above?.querySelector("button")?.click());
    expect(document.activeElement).toBe(input("Address"));
  });

  it("says nothing any more of a control that was changed", async () => {
    await shown(refused([{ field: "url", code: "not_public", reason: "must be a public address" }]));
    await act(async () => input("Address").dispatchEvent(new Event("input", { bubbles: true })));
    expect(input("Address").getAttribute("aria-invalid")).not.toBe("true");
    expect(said(input("Address"))).toBe("https alone");
    expect(document.querySelector("[role=alert]")).toBeNull();
  });

  it("takes a conflict of keys to the key", async () => {
    await shown(refused([], "already_exists", "there is a flag with this key"));
    expect(document.activeElement).toBe(input("Key"));
    expect(said(input("Key"))).toBe("There is a flag with this key");
  });

  it("leaves what a control says itself to it", async () => {
    await shown(refused([{ field: "name", code: "blank", reason: "is blank" }]));
    expect(document.activeElement).toBe(input("Silent"));
    expect(said(input("Silent"))).toBe("is blank");
  });
});

it.each([
  ["rules[0].if.value", "rules[0].if.value"],
  ["guards[0].margin.extra", "guards[0].margin"],
  ["guards[0].unknown", "guards[0]"],
  ["variations", "variations[0].key"],
  ["value/retries/0", "value"],
  ["value/two words", "value/two words"],
  ["nothing", undefined],
])("%s belongs to the control of %s", (field, path) => {
  const form = document.createElement("div");
  for (const each of [
    "guards[0]",
    "guards[0].margin",
    "rules[0].if.value",
    "variations[0].key",
    "value",
    "value/two words",
  ])
    form.appendChild(document.createElement("input")).dataset.path = each;
  expect(controlOf(form, field)?.dataset.path).toBe(path);
});
