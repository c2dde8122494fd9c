/** Turning a flag on and off, wherever its switch stands. */

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
