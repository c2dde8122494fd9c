/** The filters of the audit log as the address has them, and as the API takes them. */

import { z } from "zod";

export const filterSchema = z.object({
  scope: z.enum(["project", "organization"]).default("project"),
  where: z.string().default(""),
  by: z.string().default(""),
  entity: z.string().default(""),
  key: z.string().default(""),
  action: z.string().default(""),
  reason: z.string().default(""),
  since: z.string().default(""),
  until: z.string().default(""),
});

export interface AuditFilter extends z.infer<typeof filterSchema> {
  readonly project: string;
}

export interface Parameters {
  readonly project?: string;
  readonly environment?: string;
  readonly by?: string;
  readonly entity?: string;
  readonly key_prefix?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly since?: string;
  readonly until?: string;
}

export function parameters(filter: AuditFilter): Parameters {
  const within = filter.scope === "project" ? { project: filter.project } : {};
  const where = filter.scope === "project" && filter.where !== "" ? { environment: filter.where } : {};
  return {
    ...within,
    ...where,
    ...(filter.by === "" ? {} : { by: filter.by }),
    ...(filter.entity === "" ? {} : { entity: filter.entity }),
    ...(filter.key === "" ? {} : { key_prefix: filter.key }),
    ...(filter.action === "" ? {} : { action: filter.action }),
    ...(filter.reason === "" ? {} : { reason: filter.reason }),
    ...moment("since", filter.since),
    ...moment("until", filter.until),
  };
}

/** What a control for local moments holds, with the person's offset. */
function moment<Name extends "since" | "until">(name: Name, local: string): { readonly [key in Name]?: string } {
  const at = local === "" ? Number.NaN : new Date(local).getTime();
  return Number.isNaN(at) ? {} : ({ [name]: new Date(at).toISOString() } as { readonly [key in Name]?: string });
}

export const ENTITIES = [
  "flag",
  "flag_settings",
  "config",
  "config_settings",
  "segment",
  "metric",
  "experiment",
  "layer",
  "holdout",
  "rollout",
  "rollout_template",
  "override",
  "change_request",
  "approval_policy",
  "project",
  "environment",
  "sdk_key",
  "member",
  "invitation",
  "role",
  "binding",
  "group",
  "token",
  "webhook",
  "identity_provider",
  "email_domain",
  "provisioning_token",
  "user",
  "organization",
  "audit_head",
  "export",
] as const;

export const entityWords = (entity: string): string => entity.replaceAll("_", " ").replace(/^sdk/, "SDK");
