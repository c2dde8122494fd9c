import { Anchor } from "@mantine/core";
import { pagePath } from "@/lib/url";
import type { SettingsDraft } from "./model";
import type { At } from "./queries";

/** Longer addresses are cut off somewhere on their way. */
const ADDRESS_LENGTH_MAX = 6_000;

/** Beside the draft, which stays as it is. */
export function TestDraft({ at, patch }: { readonly at: At; readonly patch: Partial<SettingsDraft> }) {
  const search = new URLSearchParams({ env: at.environment, flag: at.key, draft: JSON.stringify(patch) });
  const address = `${pagePath(at.project, "test")}?${search}`;
  if (address.length > ADDRESS_LENGTH_MAX) return null;
  return (
    <Anchor href={address} target="_blank" size="sm">
      Test this draft in a new tab
    </Anchor>
  );
}
