import { Button, Checkbox, Modal, NativeSelect, Stack, Text } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Environment, usePlace } from "@/api/place";
import { asProblem } from "@/api/problem";
import { announce, announceRequest } from "@/components/announce";
import { undoChange } from "@/components/history/queries";
import { QueryView } from "@/components/QueryView";
import { Review } from "@/components/Review";
import { ExperimentChoices } from "@/components/reviewing/ExperimentChoices";
import { Impact } from "@/components/reviewing/Impact";
import { policyQuery } from "@/components/reviewing/queries";
import { differenceInWords } from "@/lib/rules";
import { flagChanged } from "../changed";
import { type Flag, type PromotionIn, promote, promotionQuery, type Settings, settingsQuery } from "./queries";
import { usePreview } from "./use-preview";

type Left = NonNullable<PromotionIn["leave"]>[number];

const LEAVABLE: readonly { readonly field: Left; readonly label: string }[] = [
  { field: "enabled", label: "whether it is on" },
  { field: "targets", label: "individual targets" },
  { field: "rules", label: "rules" },
  { field: "default", label: "default" },
  { field: "prerequisites", label: "prerequisites" },
];

interface Props {
  readonly flag: Flag;
  readonly to: Environment;
  readonly onClose: () => void;
}

/** The flag in two environments, and what bringing the one's settings to the other would do. */
export function Promote({ flag, to, onClose }: Props) {
  const { project, environments } = usePlace();
  const others = environments.filter((each) => each.key !== to.key);
  const [source, setSource] = useState(others.at(-1)?.key ?? "");
  const [leave, setLeave] = useState<readonly Left[]>(["targets"]);
  const [bringing, setBringing] = useState(false);
  const here = useQuery(settingsQuery({ project: project.key, key: flag.key, environment: to.key })).data;
  const there = useQuery({
    ...settingsQuery({ project: project.key, key: flag.key, environment: source }),
    enabled: source !== "",
  });
  const toggle = (field: Left) =>
    setLeave((before) => (before.includes(field) ? before.filter((each) => each !== field) : [...before, field]));
  if (bringing && here !== undefined && there.data !== undefined) {
    return <Bring flag={flag} to={to} source={source} leave={leave} here={here} there={there.data} onClose={onClose} />;
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={`${flag.key} in ${to.name} and elsewhere`}>
      <Stack>
        <NativeSelect
          label="Compare with"
          data={others.map((each) => ({ value: each.key, label: each.name }))}
          value={source}
          onChange={(event) => setSource(event.currentTarget.value)}
        />
        <QueryView query={there} part>
          {(settings) => {
            const words = here === undefined ? [] : wordsBetween(flag, here, settings, leave);
            return words.length === 0 ? (
              <Text>Nothing to bring over: the settings are equal, but for what stays.</Text>
            ) : (
              <div>
                <Text fw={600}>Bringing them to {to.name} would do this</Text>
                <ul>
                  {words.map((each) => (
                    <li key={each}>{each}</li>
                  ))}
                </ul>
              </div>
            );
          }}
        </QueryView>
        <fieldset>
          <legend>What stays as it is in {to.name}</legend>
          <Stack gap="xs">
            {LEAVABLE.map((each) => (
              <Checkbox
                key={each.field}
                label={each.label}
                checked={leave.includes(each.field)}
                onChange={() => toggle(each.field)}
              />
            ))}
          </Stack>
        </fieldset>
        <BringButton
          disabled={
            here === undefined || there.data === undefined || wordsBetween(flag, here, there.data, leave).length === 0
          }
          label={`Review bringing it to ${to.name}`}
          onClick={() => setBringing(true)}
        />
      </Stack>
    </Modal>
  );
}

function BringButton({ disabled, label, onClick }: { disabled: boolean; label: string; onClick: () => void }) {
  return (
    <Button disabled={disabled} onClick={onClick} w="max-content">
      {label}
    </Button>
  );
}

const BROUGHT = [
  "enabled",
  "rules",
  "targets",
  "prerequisites",
  "default",
  "off_variation",
  "report_exposures",
  "exposure_attributes",
] as const;

function brought(settings: Settings, leave: readonly Left[]): Record<string, unknown> {
  const fields = BROUGHT.filter((field) => !leave.includes(field));
  return Object.fromEntries(fields.map((field) => [field, settings[field]]));
}

const wordsBetween = (flag: Flag, here: Settings, there: Settings, leave: readonly Left[]): string[] =>
  differenceInWords(brought(here, leave), brought(there, leave), flag.off_variation);

interface BringProps extends Props {
  readonly source: string;
  readonly leave: readonly Left[];
  readonly here: Settings;
  readonly there: Settings;
}

function Bring({ flag, to, source, leave, here, there, onClose }: BringProps) {
  const { project } = usePlace();
  const client = useQueryClient();
  const at = { project: project.key, key: flag.key, environment: to.key };
  const item = useQuery(promotionQuery(project.key, to.key, source)).data?.items.find(
    (each) => each.entity === "flag_settings" && each.key === flag.key,
  );
  const policy = useQuery(policyQuery(project.key, to.key)).data;
  const { preview, error, waiting } = usePreview(at, brought(there, leave));
  const [choice, setChoice] = useState<"new_phase" | "stop" | "accept" | null>(null);
  const [mustAsk, setMustAsk] = useState(false);
  const mode = mustAsk || policy?.required === true ? "request" : "save";
  const disturbed = preview?.disturbed_experiments ?? [];
  const submit = async ({ reason }: { readonly reason: string }) => {
    const body: PromotionIn = {
      source,
      leave: [...leave],
      items: [{ entity: "flag_settings", key: flag.key, source_version: there.version, target_version: here.version }],
      apply_as: mode === "save" ? "change" : "change_request",
      description: reason,
      ...(choice === null ? {} : { on_experiments: choice }),
    };
    try {
      const written = await promote(project.key, to.key, body, reason);
      if (mode === "request") announceRequest(written.data.number);
      else {
        announce(written, {
          what: `Brought ${flag.key} to ${to.name}`,
          undo: async () => {
            // Made of what was reviewed, in one write: the answer tells no version.
            await undoChange({ ...at, kind: "flag_settings" }, here.version + 1);
            await flagChanged(client, project.key, flag.key);
          },
        });
      }
    } catch (thrown) {
      if (asProblem(thrown).code === "not_approved") setMustAsk(true);
      throw thrown;
    }
    await flagChanged(client, project.key, flag.key);
  };
  return (
    <Review
      opened
      onClose={onClose}
      title={`Bring ${flag.key} from ${source} to ${to.name}`}
      words={wordsBetween(flag, here, there, leave)}
      before={brought(here, leave)}
      after={brought(there, leave)}
      impact={<Impact preview={preview} error={error} waiting={waiting} />}
      warnings={(item?.segments ?? []).map((each) => `${to.name} would name the segment ${each} for the first time.`)}
      reasonDemanded={to.reason_required || choice === "accept"}
      mode={mode}
      {...(disturbed.length > 0
        ? { choices: <ExperimentChoices experiments={disturbed} value={choice} onChange={setChoice} /> }
        : {})}
      onSubmit={submit}
    />
  );
}
