/** The audit log: entries by person, entity, action and time; its proof. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { usePaged } from "@/lib/paged";
import type { AuditFilter } from "./model";
import { parameters } from "./model";

type Schemas = components["schemas"];
export type AuditEntry = Schemas["AuditEntryView"];
export type AuditHead = Schemas["AuditHeadView"];

const AT = "/api/v1/organizations/{organization}/audit" as const;

export function useAudit(organization: string, filter: AuditFilter) {
  const query = parameters(filter);
  return usePaged<AuditEntry>({
    queryKey: ["audit", organization, "entries", query],
    page: (cursor, signal) =>
      read(
        controlPlane.GET(AT, {
          params: {
            path: { organization },
            query: { limit: 50, ...query, ...(cursor === undefined ? {} : { cursor }) },
          },
          signal,
        }),
      ),
  });
}

/** The address of the export of the same entries, which the browser downloads with the session's cookie. */
export function exportAddress(organization: string, filter: AuditFilter, format: "ndjson" | "csv"): string {
  const search = new URLSearchParams({ format, ...parameters(filter) });
  return `/api/v1/organizations/${encodeURIComponent(organization)}/audit/export?${search}`;
}

/** Goes over the whole chain, so it is asked for, not read with the page. */
export const verificationQuery = (organization: string) =>
  queryOptions({
    queryKey: ["audit", organization, "verification"],
    queryFn: ({ signal }) =>
      read(controlPlane.GET(`${AT}/verification`, { params: { path: { organization } }, signal })),
    enabled: false,
    staleTime: Number.POSITIVE_INFINITY,
  });

export function useHeads(organization: string) {
  return usePaged<AuditHead>({
    queryKey: ["audit", organization, "heads"],
    page: (cursor, signal) =>
      read(
        controlPlane.GET(`${AT}/heads`, {
          params: { path: { organization }, query: { limit: 20, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

export function useSignHead(organization: string) {
  const client = useQueryClient();
  return async () => {
    const written = await write(controlPlane.POST(`${AT}/heads`, { params: { path: { organization } } }));
    await client.invalidateQueries({ queryKey: ["audit", organization] });
    return written;
  };
}
