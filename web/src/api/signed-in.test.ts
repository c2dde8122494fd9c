import { expect, test, vi } from "vitest";
import { onSessionEnd, signInAgain, timesSignedIn } from "./signed-in";

function dialog() {
  const opened = vi.fn();
  let signIn: () => void = () => undefined;
  const stop = onSessionEnd(() => {
    opened();
    return new Promise<void>((resolve) => {
      signIn = resolve;
    });
  });
  return { opened, stop, signIn: () => signIn() };
}

test("many requests share one dialog, and one refused too late asks for none", async () => {
  const { opened, stop, signIn } = dialog();
  const sent = timesSignedIn();
  const waiting = [signInAgain(sent), signInAgain(sent)];
  expect(opened).toHaveBeenCalledTimes(1);
  signIn();
  await Promise.all(waiting);
  await signInAgain(sent);
  expect(opened).toHaveBeenCalledTimes(1);

  const later = signInAgain(timesSignedIn());
  expect(opened).toHaveBeenCalledTimes(2);
  signIn();
  await later;
  stop();
});

test("where nobody can be asked, there is nothing to wait for", () => {
  expect(signInAgain(timesSignedIn())).toBeNull();
});
