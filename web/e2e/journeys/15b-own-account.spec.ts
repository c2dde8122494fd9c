import { expect, send, test } from "../fixtures";

test("somebody who is invited joins by the link, and makes a token of their own", async ({
  page,
  place,
  stack,
  clean,
}) => {
  const email = `nora.${place.project}@example.com`;
  const { link } = await place.api.post<{ link: string }>(`/organizations/${place.organization}/invitations`, {
    email,
    role: "developer",
  });
  await page.goto(`${stack.origin}/link${link.slice(link.indexOf("#"))}`);
  await expect(page.getByRole("heading", { name: "You are invited" })).toBeVisible();
  await expect(page).toHaveURL(`${stack.origin}/link`);
  await clean(page, { name: "invited" });
  await page.getByRole("textbox", { name: "Your name" }).fill("Nora New");
  await page.getByRole("textbox", { name: "Password" }).fill("a passphrase of Nora's own");
  await page.getByRole("button", { name: "Join" }).click();
  await page.waitForURL(/\/p\/[^/]+/);

  await page.goto(`/p/${place.project}/profile`);
  const tokens = page.getByRole("region", { name: "Tokens" });
  await tokens.getByRole("button", { name: "Create token" }).click();
  const dialog = page.getByRole("dialog", { name: "Create a token of your own" });
  await dialog.getByRole("textbox", { name: "Name" }).fill("laptop");
  await dialog.getByRole("combobox", { name: "Role" }).click();
  await expect(page.getByRole("option")).toHaveText(["viewer", "analyst", "developer"]);
  await page.getByRole("option", { name: "viewer" }).click();
  await dialog.getByRole("button", { name: "Create the token" }).click();
  const made = page.getByRole("dialog", { name: "The new token" });
  const token = await made.getByRole("textbox").inputValue();
  await made.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByRole("table", { name: "Your tokens" })).toContainText("laptop");

  const flags = () =>
    fetch(`${stack.control_plane}/api/v1${place.at}/flags`, {
      headers: { Authorization: `Bearer ${token}`, Connection: "close" },
    });
  expect((await flags()).status).toBe(200);
  await clean(page, { name: "own account" });

  await page.getByRole("button", { name: `Revoke laptop, ending in ${token.slice(-4)}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke the token" }).click();
  await expect(page.getByText("Revoked the token laptop")).toBeVisible();
  expect((await flags()).status).toBe(401);

  // The link is good once.
  const again = { secret: link.slice(link.indexOf("=") + 1), password: "another passphrase" };
  await expect(send("POST", `${stack.control_plane}/api/v1/auth/invitations/accept`, again)).rejects.toThrow();
});
