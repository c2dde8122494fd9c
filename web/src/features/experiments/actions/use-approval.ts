import { useState } from "react";
import { asProblem, type Problem } from "@/api/problem";
import { announceRequest } from "@/components/announce";
import { type Edit, requestApproval } from "../queries";

interface Wanted {
  readonly title: string;
  readonly edits: Edit[];
  readonly reason: string;
}

/** A write that may turn out to need others' approval: the next attempt requests it, or the first where a rehearsal said so. */
export function useApproval(project: string, rehearsed = false) {
  const [refused, setRefused] = useState(false);
  const needed = refused || rehearsed;
  const [affected, setAffected] = useState<Problem | null>(null);
  const orRequest = async <T>(attempt: () => Promise<T>, wanted: Wanted): Promise<T | null> => {
    if (needed) {
      const request = await requestApproval(project, wanted.title, wanted.edits, wanted.reason);
      announceRequest(request.data.number);
      return null;
    }
    try {
      return await attempt();
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.code === "approval_required") setRefused(true);
      if (problem.code === "experiment_affected") setAffected(problem);
      throw problem;
    }
  };
  return { needed, affected, orRequest };
}
