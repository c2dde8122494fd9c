import type { Environment } from "@/api/place";
import { usePlace } from "@/api/place";
import { EditReview } from "@/components/reviewing/EditReview";
import { type Flag, switchFlag } from "./queries";

interface Props {
  readonly flag: Flag;
  readonly environment: Environment;
  readonly onClose: () => void;
}

/** Who is affected, before it is turned on. */
export function TurnOnDialog({ flag, environment, onClose }: Props) {
  const { project } = usePlace();
  const what = `${flag.key} in ${environment.name}`;
  const document = { enabled: true };
  return (
    <EditReview
      title={`Turn on ${what}`}
      edit={{ entity: "flag_settings", key: flag.key, environment: environment.key, action: "update", document }}
      environment={environment}
      words={[`Turn on ${what}`]}
      before={{ enabled: false }}
      after={document}
      done={`Turned on ${what}`}
      confirm={`Turn on in ${environment.name}`}
      save={({ reason, choice }) => switchFlag(project.key, flag.key, environment.key, true, { reason, choice })}
      undo={() => switchFlag(project.key, flag.key, environment.key, false)}
      onClose={onClose}
      onDone={onClose}
    />
  );
}
