import { Badge } from "@/components/Badge";
import { standing } from "@/components/credentials/standing";
import { Time } from "@/components/Time";

interface Props {
  readonly now: number;
  readonly row: { readonly expires_at: string | null; readonly revoked_at: string | null };
}

export function Standing({ row, now }: Props) {
  const said = standing(row, now);
  if (said === "revoked") return <Badge>Revoked</Badge>;
  if (said === "ended") return <Badge>Ended</Badge>;
  if (said === "in force") return <Badge tone="good">In force</Badge>;
  return (
    <>
      <Badge tone="caution">Ends</Badge> <Time at={row.expires_at} />
    </>
  );
}
