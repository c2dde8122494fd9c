/** What a reading is called. Never more than the decision rule says. */

import type { Outcome } from "@/charts/palette";
import type { ReadingState, Verdict } from "./queries";

const READINGS: Record<ReadingState, { word: string; outcome: Outcome }> = {
  better: { word: "Better", outcome: "better" },
  worse: { word: "Worse", outcome: "worse" },
  within_margin: { word: "Within the margin", outcome: "unclear" },
  unclear: { word: "No clear difference", outcome: "unclear" },
  too_early: { word: "Too early", outcome: "unread" },
  not_estimable: { word: "Can't be told", outcome: "unread" },
};

export function readingWord(state: ReadingState): string {
  return READINGS[state].word;
}

export function readingOutcome(state: ReadingState): Outcome {
  return READINGS[state].outcome;
}

const VERDICTS: Record<Verdict, { title: string; tone: "good" | "problem" | "caution" | "neutral" }> = {
  ship: { title: "Ship it", tone: "good" },
  roll_back: { title: "Roll it back", tone: "problem" },
  keep_running: { title: "Keep it running", tone: "neutral" },
  inconclusive: { title: "The plan is over, and nothing is clear", tone: "neutral" },
  unhealthy: { title: "Decide nothing yet: the data are not sound", tone: "caution" },
};

export function verdictTitle(verdict: Verdict): string {
  return VERDICTS[verdict].title;
}

export function verdictTone(verdict: Verdict): "good" | "problem" | "caution" | "neutral" {
  return VERDICTS[verdict].tone;
}

const CHECKS: Record<string, string> = {
  no_data: "Exposures arrive",
  sample_ratio: "Sample ratio",
  several_variations: "One variation per unit",
  exposures_before_start: "Exposures before the start",
  repeated_exposures: "Repeated exposures",
  missing_ids: "Placeholder ids",
  other_variations: "Other variations",
  overrides: "Overrides",
  unit_of_analysis: "Unit of analysis",
  pre_experiment_balance: "Balance before the start",
  metrics: "Metrics can be analysed",
  disturbances: "Undisturbed",
};

/** A check that we have no name for is called as analytics calls it. */
export function checkTitle(name: string): string {
  const words = name.replaceAll("_", " ");
  return CHECKS[name] ?? words.charAt(0).toUpperCase() + words.slice(1);
}

const MODES = {
  fixed: "once, when its size is reached",
  group: "at planned looks",
  always_valid: "at any time",
} as const;

export function modeWords(mode: keyof typeof MODES): string {
  return MODES[mode];
}

const METHODS: Record<string, string> = {
  holm: "Holm",
  bh: "Benjamini–Hochberg",
  benjamini_hochberg: "Benjamini–Hochberg",
};

export function methodWords(method: string): string {
  const words = METHODS[method] ?? method.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
