import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { announceRequest } from "@/components/announce";
import { Failure } from "@/components/Failure";
import { Review } from "@/components/Review";
import { tryOut } from "@/components/reviewing/acts";
import { ExperimentChoices } from "@/components/reviewing/ExperimentChoices";
import { Impact } from "@/components/reviewing/Impact";
import { type ExperimentChoice, previewQuery, propose } from "@/components/reviewing/queries";
import { typedName } from "@/components/reviewing/typed-name";
import { actionOf, byKey, disturbedByMany, EDITS_MAX, editsOf, type Looked, manyWords, titleOf } from "./model";
import { changeMany } from "./queries";

interface Props {
  readonly looked: Looked;
  readonly keys: readonly string[];
  readonly save: (given: { readonly reason: string; readonly choice: ExperimentChoice | null }) => Promise<unknown>;
  /** It was asked for. */
  readonly onAsked: () => void;
  readonly onClose: () => void;
}

/** The last look before many flags are archived or turned on: it is tried first, and who is affected is counted. */
export function BulkReview({ looked, keys, save, onAsked, onClose }: Props) {
  const { project, environment: here } = usePlace();
  const environment = looked.do === "archive" ? here : looked.environment;
  const mayPropose = useRight("change:propose", environment.key).allowed;
  const [choice, setChoice] = useState<ExperimentChoice | null>(null);
  const body = { ...actionOf(looked), keys: [...keys] };
  const tried = useQuery({
    queryKey: ["tried", project.key, body, choice],
    queryFn: () => tryOut((how) => changeMany(project.key, body, { ...how, choice })),
    gcTime: 0,
  });
  const answer = tried.data?.answer?.data;
  const edits = editsOf(looked, answer?.changed ?? []);
  const counted = mayPropose && edits.length > 0 && edits.length <= EDITS_MAX;
  const preview = useQuery({ ...previewQuery(project.key, environment.key, edits), enabled: counted });
  const refusal = tried.data?.refusal ?? null;
  const disturbed = refusal === null ? [] : disturbedByMany(refusal);
  const asksChoice = disturbed.length > 0 || choice !== null;
  const mustAsk = tried.data?.mustAsk === true;
  const tooMany = mustAsk && keys.length > EDITS_MAX;
  const nothing = answer !== undefined && answer.changed.length === 0;
  const title = titleOf(looked, keys.length);

  const submit = async ({ reason }: { readonly reason: string }) => {
    if (mustAsk) {
      const written = await propose(project.key, title, reason, editsOf(looked, keys, choice));
      announceRequest(written.data.number);
      onAsked();
      return;
    }
    try {
      await save({ reason, choice });
    } catch (thrown) {
      throw byKey(thrown, keys);
    }
  };
  return (
    <Review
      opened
      onClose={onClose}
      title={title}
      words={manyWords(looked, answer ?? { changed: keys, unchanged: [] })}
      before={standingOf(looked, keys, true)}
      after={standingOf(looked, keys, false)}
      impact={
        <>
          <p>
            {looked.do === "archive"
              ? "They serve their off variations everywhere until they are restored."
              : "Each serves what its rules say there."}{" "}
            All of them or none.
          </p>
          {refusal !== null && disturbed.length === 0 && (
            <Failure problem={byKey(refusal, keys)} retry={() => void tried.refetch()} />
          )}
          {tooMany && (
            <Text c="dimmed">Others have to agree, which at most {EDITS_MAX} flags can ask for at once.</Text>
          )}
          {counted && (
            <Impact
              preview={preview.data}
              error={preview.error}
              waiting={preview.isFetching}
              {...(looked.do === "archive" ? { environment: environment.name } : {})}
            />
          )}
        </>
      }
      reasonDemanded={environment.reason_required || tried.data?.needsReason === true || choice === "accept"}
      mode={mustAsk ? "request" : "save"}
      blocked={nothing || tooMany || refusal !== null}
      {...(mustAsk ? {} : { confirm: title, ...typedName(environment, preview.data) })}
      {...(asksChoice
        ? { choices: <ExperimentChoices experiments={disturbed} value={choice} onChange={setChoice} /> }
        : {})}
      onSubmit={submit}
    />
  );
}

/** For the difference as JSON. */
function standingOf(looked: Looked, keys: readonly string[], before: boolean): Record<string, unknown> {
  const state = looked.do === "archive" ? { archived: !before } : { enabled: !before };
  return Object.fromEntries(keys.map((key) => [key, state]));
}
