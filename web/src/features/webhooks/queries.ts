/** Webhooks of the organization and what was sent to them. */

import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { controlPlane, read, type Written, write } from "@/api/clients";
import type { components } from "@/api/generated/control-plane";
import { usePaged } from "@/lib/paged";
import { ifMatch } from "@/lib/write-headers";

type Schemas = components["schemas"];
export type Webhook = Schemas["WebhookView"];
export type WebhookCreate = Schemas["WebhookCreate"];
export type WebhookPatch = Schemas["WebhookPatch"];
export type Delivery = Schemas["DeliveryView"];
export type DeliveryDetail = Schemas["DeliveryDetailView"];
export type DeliveryState = Delivery["state"];

const ALL = "/api/v1/organizations/{organization}/webhooks" as const;
const ONE = `${ALL}/{webhook}` as const;
const POLL_MILLISECONDS = 5_000;

export function useWebhooks(organization: string) {
  return usePaged<Webhook>({
    queryKey: ["webhooks", organization, "list"],
    page: (cursor, signal) =>
      read(
        controlPlane.GET(ALL, {
          params: { path: { organization }, query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
  });
}

export const webhookQuery = (organization: string, webhook: string) =>
  queryOptions({
    queryKey: ["webhooks", organization, "one", webhook],
    queryFn: ({ signal }) => read(controlPlane.GET(ONE, { params: { path: { organization, webhook } }, signal })),
    refetchInterval: POLL_MILLISECONDS,
  });

export const eventTypesQuery = (organization: string) =>
  queryOptions({
    queryKey: ["webhooks", organization, "event-types"],
    queryFn: async ({ signal }) =>
      (await read(controlPlane.GET(`${ALL}/event-types`, { params: { path: { organization } }, signal }))).items,
    staleTime: Number.POSITIVE_INFINITY,
  });

export function useDeliveries(organization: string, webhook: string, state: DeliveryState | null) {
  return usePaged<Delivery>({
    queryKey: ["webhooks", organization, "deliveries", webhook, state],
    refetchInterval: POLL_MILLISECONDS,
    page: (cursor, signal) =>
      read(
        controlPlane.GET(`${ONE}/deliveries`, {
          params: {
            path: { organization, webhook },
            query: { limit: 50, ...(state === null ? {} : { state }), ...(cursor === undefined ? {} : { cursor }) },
          },
          signal,
        }),
      ),
  });
}

export const deliveryQuery = (organization: string, webhook: string, delivery: string) =>
  queryOptions({
    queryKey: ["webhooks", organization, "delivery", webhook, delivery],
    queryFn: ({ signal }) =>
      read(
        controlPlane.GET(`${ONE}/deliveries/{delivery}`, {
          params: { path: { organization, webhook, delivery } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data?.state === "waiting" ? POLL_MILLISECONDS : false),
  });

/** `create` and `rotate` answer a secret: it goes to the dialog that shows it once. */
export function useWebhookWrites(organization: string) {
  const client = useQueryClient();
  const at = { organization };
  const done = async <T>(writing: Promise<Written<T>>): Promise<Written<T>> => {
    try {
      return await writing;
    } finally {
      await client.invalidateQueries({ queryKey: ["webhooks", organization] });
    }
  };
  return {
    create: (body: WebhookCreate) => done(write(controlPlane.POST(ALL, { params: { path: at }, body }))),
    change: (webhook: Webhook, body: WebhookPatch) =>
      done(
        write(
          controlPlane.PATCH(ONE, {
            params: { path: { ...at, webhook: webhook.id }, header: { "If-Match": ifMatch(webhook.version) } },
            body,
          }),
        ),
      ),
    remove: (webhook: string) => done(write(controlPlane.DELETE(ONE, { params: { path: { ...at, webhook } } }))),
    rotate: (webhook: string, overlap_seconds: number) =>
      done(
        write(controlPlane.POST(`${ONE}/rotate`, { params: { path: { ...at, webhook } }, body: { overlap_seconds } })),
      ),
    test: (webhook: string) => done(write(controlPlane.POST(`${ONE}/test`, { params: { path: { ...at, webhook } } }))),
    resend: (webhook: string, delivery: string) =>
      done(
        write(
          controlPlane.POST(`${ONE}/deliveries/{delivery}/resend`, { params: { path: { ...at, webhook, delivery } } }),
        ),
      ),
  };
}
