import { pagePath } from "./url";

/** Pages of single things, by what the API calls them. */
const PAGES: Readonly<Record<string, string>> = {
  flag: "flags",
  flag_settings: "flags",
  config: "configs",
  config_settings: "configs",
  segment: "segments",
  metric: "metrics",
  experiment: "experiments",
  rollout: "rollouts",
  change_request: "changes",
  webhook: "webhooks",
  export: "exports",
};

/** Of what has no page for each one: the page where all of them stand. */
const LISTS: Readonly<Record<string, readonly [page: string, tab?: string]>> = {
  layer: ["experiments/layers"],
  holdout: ["experiments/holdouts"],
  rollout_template: ["rollout-templates"],
  override: ["overrides"],
  sdk_key: ["keys"],
  token: ["keys", "tokens"],
  member: ["people"],
  invitation: ["people"],
  environment: ["settings"],
  project: ["settings"],
};

/** Where one looks at an entity; null where no page shows it. */
export function entityPath(project: string, entity: string, key: string): string | null {
  const page = PAGES[entity];
  if (page !== undefined) return pagePath(project, page, key);
  const list = LISTS[entity];
  return list === undefined ? null : pagePath(project, list[0], undefined, list[1]);
}
