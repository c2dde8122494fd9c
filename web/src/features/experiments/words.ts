/** What the states of an experiment are called. */

import type { Tone } from "@/components/Badge";
import type { Experiment } from "./queries";

const STATUSES: Record<Experiment["status"], { word: string; tone: Tone }> = {
  draft: { word: "Draft", tone: "neutral" },
  scheduled: { word: "Scheduled", tone: "info" },
  running: { word: "Running", tone: "good" },
  paused: { word: "Paused", tone: "caution" },
  stopped: { word: "Stopped", tone: "neutral" },
};

export function statusWord(status: Experiment["status"]): string {
  return STATUSES[status].word;
}

export function statusTone(status: Experiment["status"]): Tone {
  return STATUSES[status].tone;
}

const PLANS = { fixed: "Fixed size", group: "Planned looks", always_valid: "Always valid" } as const;

export function planWord(mode: keyof typeof PLANS): string {
  return PLANS[mode];
}
