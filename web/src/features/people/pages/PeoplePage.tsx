import { PageHeader } from "@/components/PageHeader";
import { Tabs } from "@/components/Tabs";
import { useParams } from "@/lib/url";
import { Groups } from "../parts/Groups";
import { Invitations } from "../parts/Invitations";
import { Members } from "../parts/Members";
import { Roles } from "../parts/Roles";
import { SignIn } from "../parts/SignIn";

export default function PeoplePage() {
  const { tab } = useParams();
  return (
    <>
      <PageHeader
        title="People and roles"
        tabs={
          <Tabs
            label="People and roles"
            tabs={[
              { key: "members", label: "Members" },
              { key: "invitations", label: "Invitations" },
              { key: "roles", label: "Roles" },
              { key: "groups", label: "Groups" },
              { key: "sign-in", label: "Sign-in" },
            ]}
          />
        }
      />
      {tab === "invitations" && <Invitations />}
      {tab === "roles" && <Roles />}
      {tab === "groups" && <Groups />}
      {tab === "sign-in" && <SignIn />}
      {(tab === null || tab === "members") && <Members />}
    </>
  );
}
