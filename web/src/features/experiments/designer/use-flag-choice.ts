import { useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { announceProblem } from "@/components/announce";
import { type Design, equalShares, ofFlag } from "./model";
import { flagForDesign } from "./queries";

/** A flag brings its variations; on a remote config they are named here. */
export function useFlagChoice(project: string, environment: string, set: (change: Partial<Design>) => void) {
  const client = useQueryClient();
  const chosen = useRef<string | null>(null);
  return async (kind: "flag" | "config", key: string | null) => {
    chosen.current = key;
    if (key === null) return set({ flag: "", variations: [], control: "" });
    if (kind === "config") {
      const variations = equalShares(["control", "changed"]).map((each) =>
        each.key === "changed" ? { ...each, value: {} } : each,
      );
      return set({ flag: key, mode: "assigns", variations, control: "control" });
    }
    try {
      const { flag, off } = await client.fetchQuery(flagForDesign(project, environment, key));
      if (chosen.current !== key) return;
      // Nothing but what the flag brings: the rest may have been edited while it was read.
      set(ofFlag(flag, off));
    } catch (thrown) {
      announceProblem(thrown, `${key} could not be read`);
    }
  };
}
