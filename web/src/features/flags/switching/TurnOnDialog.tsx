import { useQueryClient } from "@tanstack/react-query";
import { type Environment, usePlace } from "@/api/place";
import { EditReview } from "@/components/reviewing/EditReview";
import { flagChanged } from "../changed";
import { type Flag, switchFlag } from "./queries";

interface Props {
  readonly flag: Pick<Flag, "key">;
  readonly environment: Environment;
  readonly onClose: () => void;
}

/** Who is affected, before it is turned on. */
export function TurnOnDialog({ flag, environment, onClose }: Props) {
  const { project } = usePlace();
  const client = useQueryClient();
  const at = { project: project.key, key: flag.key, environment: environment.key };
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
      save={({ reason, choice }) => switchFlag(at, true, { reason, choice })}
      subject={{ kind: "flag_settings", ...at }}
      refresh={() => flagChanged(client, project.key, flag.key)}
      onClose={onClose}
      onSaved={onClose}
    />
  );
}
