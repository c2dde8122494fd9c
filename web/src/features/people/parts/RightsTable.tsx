import { VisuallyHidden } from "@mantine/core";
import { Fragment } from "react";
import { usePlace } from "@/api/place";
import { Sideways } from "@/components/Sideways";
import { byNoun, heldWords, nounWords, verbWords } from "../model";
import classes from "../pages/people.module.css";
import type { MemberPermissions, Right } from "../queries";

interface Props {
  readonly all: readonly Right[];
  readonly permissions: MemberPermissions;
}

/** Every right by what it is about: in the project, and in each environment of it. */
export function RightsTable({ all, permissions }: Props) {
  const { environments } = usePlace();
  const nouns = byNoun(all, []);
  const places = [
    { key: "organization", label: "Organization", given: permissions.organization },
    { key: "project", label: "Project", given: permissions.project },
    ...environments.map((each) => ({
      key: each.id,
      label: each.name,
      given: permissions.environments[each.key] ?? [],
    })),
  ].map((each) => ({ ...each, by: new Map(each.given.map((one) => [one.right, one.by])) }));
  return (
    <Sideways label="Rights">
      <table className={classes.rights}>
        <thead>
          <tr>
            <th scope="col">Right</th>
            {places.map((each) => (
              <th key={each.key} scope="col">
                {each.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {nouns.map((noun) => (
            <Fragment key={noun.noun}>
              <tr className={classes.noun}>
                <th scope="colgroup" colSpan={places.length + 1}>
                  {nounWords(noun.noun)}
                </th>
              </tr>
              {noun.rights.map((right) => (
                <tr key={right.right}>
                  <th scope="row">{verbWords(right.verb)}</th>
                  {places.map((place) => (
                    <Cell key={place.key} by={place.by.get(right.right) ?? []} permissions={permissions} />
                  ))}
                </tr>
              ))}
            </Fragment>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}

function Cell({ by, permissions }: { readonly by: readonly number[]; readonly permissions: MemberPermissions }) {
  if (by.length === 0) {
    return (
      <td className={classes.no}>
        <span aria-hidden="true">–</span>
        <VisuallyHidden>no</VisuallyHidden>
      </td>
    );
  }
  const why = by.map((index) => permissions.roles[index]).filter((each) => each !== undefined);
  return (
    <td title={why.map(heldWords).join("\n")}>
      yes <span className={classes.hint}>by {by.map((index) => index + 1).join(", ")}</span>
    </td>
  );
}
