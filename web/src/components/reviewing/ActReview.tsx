import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Written } from "@/api/clients";
import { usePlace } from "@/api/place";
import { Failure } from "../Failure";
import { type Act, actWords, DONE, type How, type Tried, tryOut, VERBS } from "./acts";
import { EditReview } from "./EditReview";

type Entity = "flag" | "segment" | "config" | "metric" | "layer" | "holdout";

interface Props {
  readonly entity: Entity;
  readonly entityKey: string;
  readonly action: Act;
  /** What stands now, for the difference as JSON. */
  readonly document: unknown;
  /** What it means, in a sentence. */
  readonly children: ReactNode;
  readonly act: (how: How) => Promise<Written<Tried & { readonly version?: number }>>;
  readonly refresh: () => Promise<unknown>;
  /** It was done; before anything is read anew. */
  readonly onDone?: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** The last look before something is archived, restored or deleted: it is tried first, and who is affected is counted. */
export function ActReview({ entity, entityKey, action, document, children, act, ...rest }: Props) {
  const { project, environment } = usePlace();
  const tried = useQuery({
    queryKey: ["tried", project.key, entity, entityKey, action],
    queryFn: () => tryOut(act),
    gcTime: 0,
  });
  const refusal = tried.data?.refusal;
  const name = `${VERBS[action]} ${entity} ${entityKey}`;
  return (
    <EditReview
      title={name}
      edit={{ entity, key: entityKey, action }}
      environment={environment}
      words={actWords(name, tried.data?.answer?.data.changes ?? [])}
      before={action === "delete" ? document : { archived: action === "restore" }}
      after={action === "delete" ? null : { archived: action === "archive" }}
      done={`${DONE[action]} ${entity} ${entityKey}`}
      confirm={`${VERBS[action]} ${entity}`}
      {...(tried.data === undefined ? {} : { tried: tried.data })}
      touches={
        <>
          <p>{children}</p>
          {refusal && <Failure problem={refusal} retry={() => void tried.refetch()} />}
        </>
      }
      save={({ reason }) => act({ dryRun: false, reason })}
      subject={{ project: project.key, kind: entity, key: entityKey }}
      refresh={rest.refresh}
      onClose={rest.onClose}
      {...(rest.onDone === undefined ? {} : { onDone: rest.onDone })}
    />
  );
}
