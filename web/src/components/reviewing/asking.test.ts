import { expect, it } from "vitest";
import { Problem, sentence } from "@/api/problem";
import { askingOf } from "./asking";

const edit = { entity: "experiment", key: "bar-2", action: "resume", document: { reason: "" } };

const refused = (body: Record<string, unknown>, code = "approval_required") =>
  new Problem({ status: 409, title: "Conflict", detail: "send `edit` to `create_url`", code, body });

it("offers what the refusal says can be asked for", () => {
  const problem = refused({ edit, create_url: "/api/v1/projects/p-1/change-requests" });
  expect(askingOf(problem)).toEqual({ project: "p-1", title: "Resume experiment bar-2", edit });
});

it("names the environment that the edit is of", () => {
  const settings = { ...edit, entity: "flag_settings", action: "update", environment: "production" };
  const problem = refused({ edit: settings, create_url: "/api/v1/projects/p-1/change-requests" });
  expect(askingOf(problem)?.title).toBe("Update flag settings bar-2 in production");
});

it.each([
  [
    "what was refused for another reason",
    refused({ edit, create_url: "/api/v1/projects/p/change-requests" }, "frozen"),
  ],
  ["what has no edit", refused({ edit: null, create_url: "/api/v1/projects/p/change-requests" })],
  ["another address", refused({ edit, create_url: "https://elsewhere.example/api/v1/projects/p/change-requests" })],
])("offers nothing of %s", (_, problem) => {
  expect(askingOf(problem)).toBeNull();
});

it("says it to people, not to programs", () => {
  expect(sentence(refused({ environments: ["production"] }))).toBe("Others have to agree to changes of production.");
});
