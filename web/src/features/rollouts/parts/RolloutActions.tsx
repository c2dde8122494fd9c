import { Button, Checkbox, Textarea } from "@mantine/core";
import { useState } from "react";
import type { Right } from "@/api/rights";
import { announce } from "@/components/announce";
import { FormDialog } from "@/components/FormDialog";
import { Guarded } from "@/components/Guarded";
import { Icon, type IconName } from "@/components/Icon";
import { percent } from "@/lib/format";
import { stepsIn } from "../model";
import type { Rollout, Step, useRolloutWrites } from "../queries";

interface Words {
  readonly label: string;
  readonly done: string;
  readonly text: string;
  readonly icon: IconName;
  readonly right: Right;
}

const WORDS: Readonly<Record<Step, Words>> = {
  start: {
    label: "Start the rollout",
    done: "Started",
    text: "Its first step is taken at once.",
    icon: "play",
    right: "rollout:manage",
  },
  pause: {
    label: "Pause",
    done: "Paused",
    text: "The share stays as it is until somebody resumes.",
    icon: "pause",
    right: "rollout:manage",
  },
  resume: {
    label: "Resume",
    done: "Resumed",
    text: "It goes on where it was stopped.",
    icon: "play",
    right: "rollout:manage",
  },
  skip: {
    label: "Take the next step now",
    done: "Skipped ahead",
    text: "What was left of this step is not waited for, nor are its guards.",
    icon: "skip",
    right: "rollout:override",
  },
  approve: {
    label: "Approve the step",
    done: "Approved the step",
    text: "The step that waits is taken.",
    icon: "check",
    right: "rollout:manage",
  },
  "roll-back": {
    label: "Roll back",
    done: "Rolled back",
    text: "What was served before the start is served again, at once. It waits for no approval.",
    icon: "undo",
    right: "rollout:manage",
  },
  cancel: {
    label: "Cancel the rollout",
    done: "Cancelled",
    text: "It ends, and the share stays where it is.",
    icon: "close",
    right: "rollout:manage",
  },
};

interface Props {
  readonly rollout: Rollout;
  readonly reasonDemanded: boolean;
  readonly writes: ReturnType<typeof useRolloutWrites>;
}

export function RolloutActions({ rollout, reasonDemanded, writes }: Props) {
  const [asked, setAsked] = useState<Step | null>(null);
  const steps = stepsIn(rollout);
  return (
    <>
      {steps.map((step, index) => (
        <Guarded key={step} right={rightOf(step, rollout)} environment={rollout.environment}>
          {(props) => (
            <Button
              {...lookOf(step, index)}
              leftSection={<Icon name={WORDS[step].icon} size={16} />}
              onClick={() => setAsked(step)}
              {...props}
            >
              {WORDS[step].label}
            </Button>
          )}
        </Guarded>
      ))}
      {asked !== null && (
        <StepDialog
          step={asked}
          rollout={rollout}
          reasonDemanded={reasonDemanded}
          writes={writes}
          close={() => setAsked(null)}
        />
      )}
    </>
  );
}

function lookOf(step: Step, index: number): { readonly variant: string; readonly color?: string } {
  if (step === "roll-back") return { variant: "outline", color: "red" };
  return { variant: index === 0 ? "filled" : "default" };
}

/** Who resumes what a guard held has overruled that guard. */
function rightOf(step: Step, rollout: Rollout): Right {
  return step === "resume" && rollout.state === "held" && rollout.cause.code === "guard"
    ? "rollout:override"
    : WORDS[step].right;
}

function StepDialog({
  step,
  rollout,
  reasonDemanded,
  writes,
  close,
}: Props & { readonly step: Step; readonly close: () => void }) {
  const [reason, setReason] = useState("");
  const [takeOver, setTakeOver] = useState(false);
  const words = WORDS[step];
  const held = step === "resume" && rollout.state === "held";
  // Going back and standing still never wait for words.
  const demanded = reasonDemanded && step !== "roll-back" && step !== "pause";
  return (
    <FormDialog
      opened
      onClose={close}
      title={words.label}
      confirm={words.label}
      incomplete={demanded && reason.trim() === "" ? "Say why" : ""}
      onSubmit={async () =>
        announce(await writes.step(rollout.key, step, { reason, takeOver }), { what: `${words.done}: ${rollout.name}` })
      }
    >
      <span>
        {words.text}
        {step === "roll-back" &&
          ` ${rollout.variation} is at ${percent(rollout.share)} of ${rollout.flag} in ${rollout.environment} now.`}
        {held && ` It was held: ${rollout.cause.detail}`}
      </span>
      {held && rollout.cause.code === "target_edited" && (
        <Checkbox
          label="Keep what was edited, and lay the share over it"
          checked={takeOver}
          onChange={(event) => setTakeOver(event.currentTarget.checked)}
        />
      )}
      <Textarea
        label={demanded ? "Reason" : "Reason (optional)"}
        description="It stands in the audit log beside the change."
        required={demanded}
        maxLength={500}
        autosize
        minRows={2}
        data-autofocus
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}
