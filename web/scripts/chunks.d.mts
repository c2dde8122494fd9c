import type { CodeSplittingOptions } from "rolldown";

export const codeSplitting: CodeSplittingOptions;
