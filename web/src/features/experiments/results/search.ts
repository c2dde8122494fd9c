import { z } from "zod";

/** What of the results is shown; it lives in the address, so a link shows the same. */
export const resultsSearch = z.object({
  phase: z.number().int().min(1).optional(),
  as_of: z.string().max(40).optional(),
  snapshot: z.string().max(128).optional(),
  scale: z.enum(["lift", "difference"]).default("lift"),
  view: z.enum(["frequentist", "bayes"]).default("frequentist"),
  by: z.string().max(256).default(""),
  early: z.boolean().default(false),
});

export type ResultsSearch = z.output<typeof resultsSearch>;
export type SetResultsSearch = (change: Partial<ResultsSearch>, how?: { readonly push?: boolean }) => void;
