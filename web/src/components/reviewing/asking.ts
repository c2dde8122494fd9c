/** A write that was refused because others have to agree, as the change request that the refusal offers. */

import type { Problem } from "@/api/problem";
import { capital } from "@/lib/format";
import { isRecord } from "@/lib/json";
import { type Edit, propose } from "./queries";

export interface Asking {
  readonly project: string;
  readonly title: string;
  readonly edit: Edit;
}

/** Null where nothing is offered: it was refused for another reason, or can't be asked for as it is. */
export function askingOf({ code, body }: Problem): Asking | null {
  if (code !== "approval_required" || !isEdit(body.edit)) return null;
  const [, project] = /^\/api\/v1\/projects\/([^/]+)\/change-requests$/.exec(String(body.create_url)) ?? [];
  if (project === undefined) return null;
  const { action, entity, key, environment } = body.edit;
  const where = environment === null || environment === undefined ? "" : ` in ${environment}`;
  return {
    project: decodeURIComponent(project),
    title: `${capital(action)} ${entity.replaceAll("_", " ")} ${key}${where}`.slice(0, 200),
    edit: body.edit,
  };
}

/** The number of the change request. */
export async function ask({ project, title, edit }: Asking): Promise<number> {
  const written = await propose(project, title, "", [edit]);
  return written.data.number;
}

function isEdit(value: unknown): value is Edit {
  return isRecord(value) && [value.entity, value.action, value.key].every((each) => typeof each === "string");
}
