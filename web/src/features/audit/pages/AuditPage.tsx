import { PageHeader } from "@/components/PageHeader";
import { Tabs } from "@/components/Tabs";
import { useParams } from "@/lib/url";
import { Chain } from "../parts/Chain";
import { Entries } from "../parts/Entries";

export default function AuditPage() {
  const { tab } = useParams();
  return (
    <>
      <PageHeader
        title="Audit log"
        subtitle="Who did what, when, why, and by which right."
        tabs={
          <Tabs
            label="Audit log"
            tabs={[
              { key: "entries", label: "Entries" },
              { key: "proof", label: "Proof" },
            ]}
          />
        }
      />
      {tab === "proof" ? <Chain /> : <Entries />}
    </>
  );
}
