/** What entities were: their versions, and the way back. */

import { queryOptions } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components, operations } from "@/api/generated/control-plane";
import { ifMatch, reasonHeader, undoHeader } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Version = Schemas["VersionView"];
export type HistoryKind = operations["get_version"]["parameters"]["path"]["kind"];

/** An entity with a history; settings are those of an environment. */
export interface Subject {
  readonly project: string;
  readonly kind: HistoryKind;
  readonly key: string;
  readonly environment?: string;
}

const ONE = "/api/v1/projects/{project}/history/{kind}/{key}" as const;
const PAGE = 50;

const pathOf = ({ project, kind, key }: Subject) => ({ project, kind, key });
const placeOf = ({ environment }: Subject) => (environment === undefined ? {} : { environment });

export const historyKey = ({ project, kind, key, environment }: Subject) =>
  ["history", project, kind, key, environment ?? null] as const;

/** The newest first. `until` is a version that has to be among them: it is asked again when that is another one. */
export const historyQuery = (subject: Subject, until?: number) =>
  queryOptions({
    queryKey: [...historyKey(subject), "list", until ?? null],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET(ONE, {
          params: { path: pathOf(subject), query: { limit: PAGE, ...placeOf(subject) } },
          signal,
        }),
      ),
  });

export const versionQuery = (subject: Subject, version: number) =>
  queryOptions({
    queryKey: [...historyKey(subject), version],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET(`${ONE}/versions/{version}`, {
          params: { path: { ...pathOf(subject), version }, query: placeOf(subject) },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** With the version that was written: nothing newer is taken back. */
export function undoChange(subject: Subject, version?: number) {
  const header = { ...undoHeader, ...(version === undefined ? {} : { "If-Match": ifMatch(version) }) };
  return write(
    controlPlane.POST(`${ONE}/undo`, {
      params: { path: pathOf(subject), query: placeOf(subject), header },
    }),
  );
}

interface Restoring {
  readonly reason?: string;
  readonly onExperiments?: "new_phase" | "stop" | "accept";
}

export function restoreVersion(subject: Subject, version: number, { reason, onExperiments }: Restoring = {}) {
  const query = { ...placeOf(subject), ...(onExperiments === undefined ? {} : { on_experiments: onExperiments }) };
  return write(
    controlPlane.POST(`${ONE}/versions/{version}/restore`, {
      params: { path: { ...pathOf(subject), version }, query, header: reasonHeader(reason) },
    }),
  );
}
