/** `@feature-flag-platform/sdk/opentelemetry`: evaluations as log events of OpenTelemetry. */

import type { EvaluationDetails, FlagValue, Hook, HookContext } from "@openfeature/server-sdk";
import { logs, type AnyValue, type Logger } from "@opentelemetry/api-logs";

import { VERSION } from "./version.js";

const EVENT = "feature_flag.evaluation";

/**
 * A hook for OpenFeature that writes each evaluation as an event `feature_flag.evaluation`, by OpenTelemetry's semantic
 * conventions.
 */
export class EvaluationEventsHook implements Hook {
  readonly #logger: Logger;

  /** `logger`: absent, the one that the global logger provider gives. */
  constructor(logger: Logger = logs.getLogger("@feature-flag-platform/sdk", VERSION)) {
    this.#logger = logger;
  }

  finally(hook: Readonly<HookContext>, details: EvaluationDetails<FlagValue>): void {
    const { flagSetId, version, contextId } = details.flagMetadata;
    const context = contextId ?? hook.context.targetingKey;
    const attributes: Record<string, AnyValue> = {
      "feature_flag.key": hook.flagKey,
      "feature_flag.provider.name": hook.providerMetadata.name,
      "feature_flag.result.value": plain(details.value),
      "feature_flag.result.reason": (details.reason ?? "unknown").toLowerCase(),
    };
    if (details.variant !== undefined) attributes["feature_flag.result.variant"] = details.variant;
    if (context !== undefined) attributes["feature_flag.context.id"] = String(context);
    if (flagSetId !== undefined) attributes["feature_flag.set.id"] = flagSetId;
    if (version !== undefined) attributes["feature_flag.version"] = String(version);
    if (details.errorCode !== undefined) {
      attributes["error.type"] = details.errorCode.toLowerCase();
      if (details.errorMessage !== undefined) {
        attributes["error.message"] = details.errorMessage;
        // The name that took over from it in version 1.45 of the conventions.
        attributes["feature_flag.error.message"] = details.errorMessage;
      }
    }
    this.#logger.emit({ eventName: EVENT, attributes });
  }
}

/** OpenTelemetry has no integers beyond 64 bits, and its exporters none beyond a number. */
function plain(value: unknown): AnyValue {
  if (typeof value === "bigint") return String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value as AnyValue;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}
