/** One change of many flags. */

import { controlPlane, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import type { How } from "@/components/reviewing/acts";
import type { ExperimentChoice } from "@/components/reviewing/queries";
import { reasonHeader, undoHeader } from "@/lib/write-headers";

export type BulkChange = components["schemas"]["BulkChange"];

interface ManyHow extends How {
  readonly choice?: ExperimentChoice | null;
}

/** Of a dry run what would be done, and nothing is. */
export function changeMany(project: string, body: BulkChange, { dryRun, reason, choice = null }: ManyHow) {
  const query = { dry_run: dryRun, on_experiments: choice };
  const params = { path: { project }, query, header: reasonHeader(reason) };
  return write(controlPlane.POST("/api/v1/projects/{project}/flags/bulk", { params, body }));
}

/** All that one change of many did, or nothing where a flag was changed since. */
export function undoMany(project: string, bulk: string) {
  const params = { path: { project, bulk }, header: undoHeader };
  return write(controlPlane.POST("/api/v1/projects/{project}/flags/bulk/{bulk}/undo", { params }));
}
