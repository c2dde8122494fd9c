import { Select } from "@mantine/core";
import { usePlace } from "@/api/place";
import { useRight } from "@/api/rights";
import { WhyNot } from "@/components/rights/WhyNot";
import { type Member, useMembers } from "../queries";

interface Props {
  readonly label: string;
  /** Ids of those who can't be chosen. */
  readonly without: readonly string[];
  readonly onChoose: (member: Member) => void;
}

/** Somebody of the organization; emptied once they are chosen. */
export function MemberSelect({ label, without, onChoose }: Props) {
  const { organization } = usePlace();
  const { allowed } = useRight("group:manage");
  const members = useMembers(organization.id).query.data ?? [];
  const free = members.filter((each) => !without.includes(each.id) && each.deactivated_at === null);
  return (
    <Select
      mt="sm"
      maw={360}
      aria-label={label}
      placeholder={label}
      searchable
      limit={50}
      disabled={!allowed}
      description={allowed ? null : <WhyNot right="group:manage" />}
      nothingFoundMessage="Nobody is called so"
      data={free.map((each) => ({ value: each.id, label: each.email }))}
      value={null}
      onChange={(id) => {
        const found = free.find((each) => each.id === id);
        if (found !== undefined) onChoose(found);
      }}
    />
  );
}
