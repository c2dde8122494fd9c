/** What a journey asks of the run's own stack: servers stopped and started, the demo, thousands of flags. */
import { send } from "./api";
import type { Place } from "./place";
import { stack } from "./stack";

export async function control<T = unknown>(method: "GET" | "POST", path: string): Promise<T> {
  const { control: address } = stack();
  if (address === undefined) throw new Error("this stack is others', too: the journey needs one of its own");
  return (await send<T>(method, `${address}${path}`)).body;
}

/** Copies a flag with its settings: `KEY-00001` and so on, each with a tag of `team-0` to `team-6`. */
export async function copyFlag(place: Place, flag: string, count: number): Promise<void> {
  await control("POST", `/flags/${place.project}/${flag}/${count}`);
}
