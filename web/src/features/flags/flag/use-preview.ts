import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { asProblem } from "@/api/problem";
import { useRight } from "@/api/rights";
import { ownPaths } from "@/components/reviewing/problems";
import { type Edit, previewQuery } from "@/components/reviewing/queries";
import { same } from "@/lib/json";
import type { At, SettingsPatch } from "./queries";

const QUIET_MILLISECONDS = 400;

export const settingsEdit = (at: At, patch: SettingsPatch): Edit => ({
  entity: "flag_settings",
  key: at.key,
  environment: at.environment,
  action: "update",
  document: { ...patch },
});

/** What an edit would do, asked when it has stayed as it is for a moment; and what of it would be refused. */
export function usePreview(at: At, patch: SettingsPatch | null) {
  const [quiet] = useDebouncedValue(patch, QUIET_MILLISECONDS);
  const { allowed } = useRight("change:propose", at.environment);
  const asked = patch !== null && quiet !== null && allowed;
  const query = useQuery({
    ...previewQuery(at.project, at.environment, quiet === null ? [] : [settingsEdit(at, quiet)]),
    enabled: asked,
  });
  const settled = asked && same(patch, quiet) && !query.isFetching;
  const refused = query.isError ? ownPaths(asProblem(query.error).fields) : [];
  return {
    preview: asked && !query.isError ? query.data : undefined,
    error: asked && query.isError && refused.length === 0 ? query.error : null,
    waiting: patch !== null && allowed && !settled,
    refused,
    allowed,
  };
}
