import { useRight } from "@/api/rights";
import { Empty } from "@/components/Empty";
import { WhyNot } from "@/components/rights/WhyNot";
import classes from "../pages/people.module.css";
import { Directory } from "./Directory";
import { Domains } from "./Domains";
import { Providers } from "./Providers";

/** How people of the organization sign in. */
export function SignIn() {
  const { allowed } = useRight("identity_provider:manage");
  if (!allowed)
    return (
      <Empty
        title="Who signs in how is seen by those who manage it"
        text={
          <>
            <WhyNot right="identity_provider:manage" />.
          </>
        }
      />
    );
  return (
    <div className={classes.stack}>
      <Domains />
      <Providers />
      <Directory />
    </div>
  );
}
