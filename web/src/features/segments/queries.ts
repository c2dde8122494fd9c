import { queryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { controlPlane, read, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { upload } from "@/api/upload";
import type { Parameters } from "@/components/EntityList";
import type { Act, How } from "@/components/reviewing/acts";
import { ifMatch, reasonHeader } from "@/lib/write-headers";
import type { FileForm } from "./keys";

type Schemas = components["schemas"];
export type Segment = Schemas["SegmentView"];
export type NewSegment = Schemas["SegmentCreate"];
export type SegmentChange = Schemas["SegmentPatch"];
export type Estimate = Schemas["SegmentEstimateView"];

const PAGE = 200;
const SEGMENT = "/api/v1/projects/{project}/segments/{key}" as const;
const MINUTE = 60_000;

export const segmentsKey = (project: string) => ["project", project, "segments"] as const;

export function useSegments(project: string, parameters: Parameters) {
  return useInfiniteQuery({
    queryKey: [...segmentsKey(project), "list", parameters],
    queryFn: ({ pageParam, signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/segments", {
          params: {
            path: { project },
            query: { ...parameters, limit: PAGE, ...(pageParam === null ? { total: true } : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor ?? null,
    placeholderData: (before) => before,
  });
}

export const segmentQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: [...segmentsKey(project), key],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/segments/{key}", { params: { path: { project, key } }, signal }),
      ),
  });

export const segmentUsesQuery = (project: string, key: string) =>
  queryOptions({
    queryKey: [...segmentsKey(project), key, "users"],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/segments/{key}/users", {
          params: { path: { project, key } },
          signal,
        }),
      ),
    staleTime: MINUTE,
  });

export const estimateQuery = (project: string, environment: string, key: string, version: number) =>
  queryOptions({
    queryKey: [...segmentsKey(project), key, "estimate", environment, version],
    queryFn: ({ signal }) =>
      read(
        controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/segments/{key}/estimate", {
          params: { path: { project, environment, key } },
          signal,
        }),
      ),
    staleTime: MINUTE,
  });

export function membership(project: string, environment: string, key: string, context: Record<string, unknown>) {
  return read(
    controlPlane.POST("/api/v1/projects/{project}/environments/{environment}/segments/evaluate", {
      params: { path: { project, environment } },
      body: { context, segments: [key] },
    }),
  );
}

export function createSegment(project: string, body: NewSegment) {
  return write(controlPlane.POST("/api/v1/projects/{project}/segments", { params: { path: { project } }, body }));
}

export function changeSegment(project: string, key: string, version: number, body: SegmentChange, reason?: string) {
  return write(
    controlPlane.PATCH("/api/v1/projects/{project}/segments/{key}", {
      params: { path: { project, key }, header: { "If-Match": ifMatch(version), ...reasonHeader(reason) } },
      body,
    }),
  );
}

/** Of a dry run what would be done, and nothing is. */
export function actOnSegment(project: string, key: string, action: Act, { dryRun, reason }: How) {
  const header = reasonHeader(reason);
  const params = { path: { project, key }, query: { dry_run: dryRun }, header };
  if (action === "archive") return write(controlPlane.POST(`${SEGMENT}/archive`, { params }));
  if (action === "restore") return write(controlPlane.POST(`${SEGMENT}/restore`, { params }));
  return write(controlPlane.DELETE(SEGMENT, { params }));
}

export interface ListUpload {
  listing: "included" | "excluded";
  mode: "replace" | "add" | "remove";
  /** Tells what would be written, and writes nothing. */
  dryRun: boolean;
  reason: string;
  form: FileForm;
  file: Blob;
  onProgress: (share: number) => void;
  signal: AbortSignal;
}

export function listPath(project: string, key: string, listing: "included" | "excluded"): string {
  const parts = ["api", "v1", "projects", project, "segments", key, "long-list", listing];
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

export function uploadList(project: string, key: string, { listing, mode, dryRun, reason, ...given }: ListUpload) {
  const query = { mode, dry_run: String(dryRun) };
  return upload<Segment>({
    path: listPath(project, key, listing),
    query,
    headers: { ...reasonHeader(reason) },
    ...given,
  });
}
