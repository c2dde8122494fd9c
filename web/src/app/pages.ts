/** The rail: pages by group, with the letter that `g` is followed by. One whose feature has no route is left out. */

import type { IconName } from "@/components/Icon";

export interface PageEntry {
  readonly path: string;
  readonly label: string;
  readonly icon: IconName;
  readonly key: string;
}

export interface PageGroup {
  readonly label: string;
  readonly pages: readonly PageEntry[];
}

export const pageGroups: readonly PageGroup[] = [
  { label: "", pages: [{ path: "overview", label: "Overview", icon: "overview", key: "o" }] },
  {
    label: "Release",
    pages: [
      { path: "flags", label: "Flags", icon: "flag", key: "f" },
      { path: "segments", label: "Segments", icon: "segment", key: "s" },
      { path: "configs", label: "Configs", icon: "config", key: "c" },
      { path: "rollouts", label: "Rollouts", icon: "rollout", key: "r" },
      { path: "changes", label: "Changes", icon: "change", key: "q" },
    ],
  },
  {
    label: "Learn",
    pages: [
      { path: "experiments", label: "Experiments", icon: "experiment", key: "x" },
      { path: "metrics", label: "Metrics", icon: "metric", key: "m" },
      { path: "exposures", label: "Exposures", icon: "exposure", key: "e" },
    ],
  },
  {
    label: "Look into",
    pages: [
      { path: "test", label: "Test", icon: "test", key: "t" },
      { path: "overrides", label: "Overrides", icon: "override", key: "u" },
      { path: "audit", label: "Audit log", icon: "audit", key: "a" },
    ],
  },
  {
    label: "Administer",
    pages: [
      { path: "guide", label: "Integration guide", icon: "guide", key: "i" },
      { path: "people", label: "People and roles", icon: "people", key: "p" },
      { path: "keys", label: "SDK keys and tokens", icon: "key", key: "k" },
      { path: "webhooks", label: "Webhooks", icon: "webhook", key: "w" },
      { path: "exports", label: "Exports", icon: "export", key: "d" },
      { path: "fleet", label: "Edges", icon: "edge", key: "v" },
      { path: "settings", label: "Settings", icon: "settings", key: "," },
    ],
  },
];
