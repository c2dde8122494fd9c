/** How people of the organization sign in: providers, domains and the directory's tokens. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { ifMatch } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type IdentityProvider = Schemas["IdentityProviderView"];
const AT = "/api/v1/organizations/{organization}" as const;
const LIMIT = 200;

export const providersQuery = (organization: string) =>
  queryOptions({
    queryKey: ["sign-in", organization, "providers"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/identity-providers`, {
            params: { path: { organization }, query: { limit: LIMIT } },
            signal,
          }),
        )
      ).items,
  });

export const domainsQuery = (organization: string) =>
  queryOptions({
    queryKey: ["sign-in", organization, "domains"],
    queryFn: async ({ signal }) =>
      (await read(controlPlane.GET(`${AT}/email-domains`, { params: { path: { organization } }, signal }))).items,
  });

export const provisioningQuery = (organization: string) =>
  queryOptions({
    queryKey: ["sign-in", organization, "provisioning"],
    queryFn: async ({ signal }) =>
      (
        await read(
          controlPlane.GET(`${AT}/provisioning-tokens`, {
            params: { path: { organization }, query: { limit: LIMIT } },
            signal,
          }),
        )
      ).items,
  });

export function useSignInWrites(organization: string) {
  const client = useQueryClient();
  const at = { organization };
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["sign-in", organization] });
    }
  };
  return {
    createProvider: (body: Schemas["IdentityProviderCreate"]) =>
      done(write(controlPlane.POST(`${AT}/identity-providers`, { params: { path: at }, body }))),
    changeProvider: (provider: IdentityProvider, body: Schemas["IdentityProviderPatch"]) =>
      done(
        write(
          controlPlane.PATCH(`${AT}/identity-providers/{provider}`, {
            params: { path: { ...at, provider: provider.id }, header: { "If-Match": ifMatch(provider.version) } },
            body,
          }),
        ),
      ),
    checkProvider: (provider: string) =>
      write(controlPlane.POST(`${AT}/identity-providers/{provider}/check`, { params: { path: { ...at, provider } } })),
    removeProvider: (provider: string) =>
      done(
        write(controlPlane.DELETE(`${AT}/identity-providers/{provider}`, { params: { path: { ...at, provider } } })),
      ),
    addDomain: (domain: string) =>
      done(write(controlPlane.POST(`${AT}/email-domains`, { params: { path: at }, body: { domain } }))),
    verifyDomain: (domain: string) =>
      done(write(controlPlane.POST(`${AT}/email-domains/{domain}/verify`, { params: { path: { ...at, domain } } }))),
    removeDomain: (domain: string) =>
      done(write(controlPlane.DELETE(`${AT}/email-domains/{domain}`, { params: { path: { ...at, domain } } }))),
    createToken: (name: string, default_role: string) =>
      done(
        write(controlPlane.POST(`${AT}/provisioning-tokens`, { params: { path: at }, body: { name, default_role } })),
      ),
    revokeToken: (provisioning_token: string) =>
      done(
        write(
          controlPlane.DELETE(`${AT}/provisioning-tokens/{provisioning_token}`, {
            params: { path: { ...at, provisioning_token } },
          }),
        ),
      ),
  };
}
