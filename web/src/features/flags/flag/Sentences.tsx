import { Checkbox, TagsInput } from "@mantine/core";
import { useEffect, useRef } from "react";
import type { FieldProblem } from "@/api/problem";
import { Card } from "@/components/Card";
import { RuleList } from "@/components/RuleList";
import { inColourOrder, type SeenAttribute } from "@/lib/rules";
import { DefaultCard } from "./DefaultCard";
import classes from "./flag.module.css";
import type { SettingsDraft } from "./model";
import { Prerequisites } from "./Prerequisites";
import type { At, Flag } from "./queries";
import { Targets } from "./Targets";

export interface SentencesProps {
  readonly flag: Flag;
  readonly at: At;
  readonly draft: SettingsDraft;
  readonly saved: SettingsDraft;
  readonly change: ((part: Partial<SettingsDraft>) => void) | undefined;
  readonly attributes: readonly SeenAttribute[] | undefined;
  readonly segments: readonly string[] | undefined;
  readonly errors: readonly FieldProblem[];
  readonly goTo: { path: string } | null;
}

/** The settings as sentences; each word of them is edited in place. */
export function Sentences({ flag, at, draft, saved, change, attributes, segments, errors, goTo }: SentencesProps) {
  const variations = inColourOrder(flag.variations, flag.off_variation);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (goTo === null || goTo.path.startsWith("rules[")) return;
    const all = [...(box.current?.querySelectorAll<HTMLElement>("[data-path]") ?? [])];
    const exact = all.find((each) => each.dataset.path === goTo.path);
    (exact ?? all.find((each) => each.dataset.path?.startsWith(goTo.path)))?.focus();
  }, [goTo]);
  return (
    <div className={classes.main} ref={box}>
      <Card title="Rules" subtitle="From the top; the first that matches decides.">
        <RuleList
          rules={draft.rules}
          saved={saved.rules}
          onChange={change === undefined ? undefined : (rules) => change({ rules })}
          variations={variations}
          attributes={attributes}
          segments={segments}
          errors={errors}
          goTo={goTo}
        />
      </Card>
      <DefaultCard flag={flag} draft={draft} saved={saved} change={change} attributes={attributes} errors={errors} />
      <Card title="Individual targets" subtitle="Single targeting keys, before all rules.">
        <Targets
          value={draft.targets}
          onChange={change === undefined ? undefined : (targets) => change({ targets })}
          variations={variations}
          errors={errors}
        />
      </Card>
      <Card title="Prerequisites" subtitle="What other flags must serve first, else the off variation.">
        <Prerequisites
          project={at.project}
          flag={flag.key}
          value={draft.prerequisites}
          onChange={change === undefined ? undefined : (prerequisites) => change({ prerequisites })}
          errors={errors}
        />
      </Card>
      <Card title="Exposures" subtitle="Whether edges report who was served what.">
        <Checkbox
          label="Report remote evaluations as exposures"
          checked={draft.report_exposures}
          disabled={change === undefined}
          onChange={(event) => change?.({ report_exposures: event.currentTarget.checked })}
        />
        {(draft.report_exposures || draft.exposure_attributes.length > 0) && (
          <TagsInput
            mt="sm"
            label="Attributes that they carry"
            description="Results by segment and previews know units by these."
            data={(attributes ?? []).map((each) => each.name)}
            maxTags={20}
            disabled={change === undefined}
            value={draft.exposure_attributes}
            onChange={(exposure_attributes) => change?.({ exposure_attributes })}
          />
        )}
      </Card>
    </div>
  );
}
