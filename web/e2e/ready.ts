/** A stack that nobody has used waits for its first environment: the first journey doesn't. */
import { Api } from "./api";
import { newPlace } from "./place";
import { stack } from "./stack";

const PATIENCE_MS = 120_000;
const PAUSE_MS = 100;

export default async function untilReady(): Promise<void> {
  const { analytics, edge, ingestor, control_plane } = stack();
  await newPlace(await Api.admin());
  const until = Date.now() + PATIENCE_MS;
  for (const service of [control_plane, edge, ingestor, analytics]) {
    for (let said = await missing(service); said !== ""; said = await missing(service)) {
      if (Date.now() > until) throw new Error(`${service} is not ready: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Why a service isn't ready; empty when it is. */
async function missing(service: string): Promise<string> {
  const answer = await fetch(`${service}/readyz`);
  return answer.ok ? "" : await answer.text();
}
