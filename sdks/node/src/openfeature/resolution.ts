/** OpenFeature's resolutions, of the details that this SDK gives. */

import type {
  ErrorCode,
  EvaluationContext,
  JsonValue,
  Provider,
  ResolutionDetails,
} from "@openfeature/server-sdk";

import type { Asked } from "../client.js";
import type { Detail } from "../detail.js";
import type { User } from "../user.js";

/** The name under which telemetry finds answers of this SDK. */
export const PROVIDER_NAME = "feature-flag-platform";

/** The part of a provider that resolves: the five types, of which JavaScript has one for both kinds of numbers. */
export abstract class Resolver implements Pick<Provider, "metadata" | "runsOn"> {
  readonly metadata = { name: PROVIDER_NAME } as const;
  readonly runsOn = "server";

  /** What the flag serves to a user; the default with an error. */
  protected abstract detail(flag: string, user: User, otherwise: unknown, asked: Asked): Promise<Detail<unknown>>;

  resolveBooleanEvaluation(flag: string, otherwise: boolean, context: EvaluationContext): Promise<ResolutionDetails<boolean>> {
    return this.#resolve(flag, otherwise, context, "boolean");
  }

  resolveStringEvaluation(flag: string, otherwise: string, context: EvaluationContext): Promise<ResolutionDetails<string>> {
    return this.#resolve(flag, otherwise, context, "string");
  }

  resolveNumberEvaluation(flag: string, otherwise: number, context: EvaluationContext): Promise<ResolutionDetails<number>> {
    return this.#resolve(flag, otherwise, context, "number");
  }

  resolveObjectEvaluation<T extends JsonValue>(
    flag: string,
    otherwise: T,
    context: EvaluationContext,
  ): Promise<ResolutionDetails<T>> {
    return this.#resolve(flag, otherwise, context, "object");
  }

  async #resolve<T>(flag: string, otherwise: T, context: EvaluationContext, asked: Asked): Promise<ResolutionDetails<T>> {
    const detail = await this.detail(flag, userOf(context), otherwise, asked);
    const { targetingKey } = context;
    return {
      value: detail.value as T,
      reason: detail.reason,
      ...(detail.variant !== undefined && { variant: detail.variant }),
      ...(detail.errorCode !== undefined && { errorCode: detail.errorCode as ErrorCode }),
      ...(detail.errorMessage !== undefined && { errorMessage: detail.errorMessage }),
      flagMetadata: { ...detail.metadata, ...(targetingKey !== undefined && { contextId: targetingKey }) },
    };
  }
}

/** A context is one also where its only attribute is called `key`. */
export function userOf(context: EvaluationContext): User {
  return context.targetingKey === undefined ? { ...context, targetingKey: undefined } : context;
}
