/** Turning a flag on and off, wherever its switch stands. */

import type { QueryClient } from "@tanstack/react-query";
import { controlPlane, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { reasonHeader } from "@/lib/write-headers";

export type Flag = components["schemas"]["FlagView"];

interface Options {
  readonly reason?: string;
  readonly choice?: "new_phase" | "stop" | "accept" | null;
}

interface At {
  readonly project: string;
  readonly key: string;
  readonly environment: string;
}

export function switchFlag(at: At, enabled: boolean, { reason = "", choice = null }: Options = {}) {
  return write(
    controlPlane.PUT("/api/v1/projects/{project}/flags/{key}/environments/{environment}/enabled", {
      params: { path: { ...at }, header: reasonHeader(reason) },
      body: { enabled, ...(choice === null ? {} : { on_experiments: choice }) },
    }),
  );
}

/** Reads anew what shows the switch: the list, and the flag's page. */
export async function readSwitched(client: QueryClient, project: string, key: string): Promise<void> {
  await Promise.all([
    client.invalidateQueries({ queryKey: ["project", project, "flags"] }),
    client.invalidateQueries({ queryKey: ["flag", project, key] }),
    client.invalidateQueries({ queryKey: ["history", project] }),
  ]);
}
