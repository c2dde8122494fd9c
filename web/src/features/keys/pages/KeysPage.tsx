import { PageHeader } from "@/components/PageHeader";
import { Tabs } from "@/components/Tabs";
import { useParams } from "@/lib/url";
import { SdkKeys } from "../parts/SdkKeys";
import { Tokens } from "../parts/Tokens";

export default function KeysPage() {
  const { tab } = useParams();
  return (
    <>
      <PageHeader
        title="SDK keys and tokens"
        tabs={
          <Tabs
            label="SDK keys and tokens"
            tabs={[
              { key: "sdk", label: "SDK keys" },
              { key: "tokens", label: "Tokens of programs" },
            ]}
          />
        }
      />
      {tab === "tokens" ? <Tokens /> : <SdkKeys />}
    </>
  );
}
