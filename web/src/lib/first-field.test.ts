import { afterEach, expect, it } from "vitest";
import { focusFirstField } from "./first-field";

afterEach(() => document.body.replaceChildren());

function page(inside: string): HTMLElement {
  const main = document.body.appendChild(document.createElement("main"));
  main.innerHTML = inside;
  return main;
}

it("begins at the first field that may be changed", () => {
  const main = page(`
    <header><input id="switch"></header>
    <search><input id="filter"></search>
    <input id="fixed" readonly>
    <textarea id="off" disabled></textarea>
    <textarea id="first"></textarea>
    <input id="second">`);
  expect(focusFirstField(main)).toBe(true);
  expect(document.activeElement?.id).toBe("first");
});

it("says that there is none", () => {
  expect(focusFirstField(page("<input readonly>"))).toBe(false);
});
