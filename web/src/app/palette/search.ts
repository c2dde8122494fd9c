import { queryOptions } from "@tanstack/react-query";
import { controlPlane, read } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import type { IconName } from "@/components/Icon";
import { pagePath } from "@/lib/url";

export type Found = components["schemas"]["SearchItem"];

const LIMIT = 20;

/** One search over all that has a name in the project. */
export const searchQuery = (project: string, text: string) =>
  queryOptions({
    queryKey: ["search", project, text],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET("/api/v1/projects/{project}/search", {
          params: { path: { project }, query: { q: text, limit: LIMIT } },
          signal,
        }),
      ),
    staleTime: 10_000,
    placeholderData: (before) => before,
  });

interface Entry {
  readonly icon: IconName;
  readonly word: string;
  /** The page, and whether the key is a part of its address. */
  readonly page: string;
  readonly search?: string;
}

const KINDS: Readonly<Record<string, Entry>> = {
  flag: { icon: "flag", word: "Flag", page: "flags" },
  segment: { icon: "segment", word: "Segment", page: "segments" },
  config: { icon: "config", word: "Config", page: "configs" },
  experiment: { icon: "experiment", word: "Experiment", page: "experiments" },
  metric: { icon: "metric", word: "Metric", page: "metrics" },
  rollout: { icon: "rollout", word: "Rollout", page: "rollouts" },
  change_request: { icon: "change", word: "Change request", page: "changes" },
  override: { icon: "override", word: "Overrides of", page: "overrides", search: "unit" },
  member: { icon: "people", word: "Member", page: "people", search: "q" },
  environment: { icon: "settings", word: "Environment", page: "settings", search: "q" },
  layer: { icon: "layers", word: "Layer", page: "experiments", search: "layer" },
  holdout: { icon: "layers", word: "Holdout", page: "experiments", search: "holdout" },
};

export interface Target {
  readonly icon: IconName;
  readonly word: string;
  readonly path: string;
  readonly search: Readonly<Record<string, string>>;
}

/** Where a finding leads. */
export function targetOf(project: string, found: Found): Target {
  const entry = KINDS[found.kind] ?? { icon: "search" as const, word: found.kind, page: "overview", search: "q" };
  const environment = found.environment === null ? {} : { env: found.environment };
  const named = entry.search === undefined;
  return {
    icon: entry.icon,
    word: entry.word,
    path: named ? pagePath(project, entry.page, found.key) : pagePath(project, entry.page),
    search: { ...environment, ...(entry.search === undefined ? {} : { [entry.search]: found.key }) },
  };
}
