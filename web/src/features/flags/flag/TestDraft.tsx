import { Anchor } from "@mantine/core";
import { testAddress } from "@/lib/test-address";
import type { SettingsDraft } from "./model";
import type { At } from "./queries";

/** Beside the draft, which stays as it is. */
export function TestDraft({ at, patch }: { readonly at: At; readonly patch: Partial<SettingsDraft> }) {
  const address = testAddress(at.project, { environment: at.environment, flag: at.key, draft: { ...patch } });
  if (address === null) return null;
  return (
    <Anchor href={address} target="_blank" size="sm">
      Test this draft in a new tab
    </Anchor>
  );
}
