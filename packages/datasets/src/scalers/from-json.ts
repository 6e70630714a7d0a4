import { FormatError } from "@unrolled/backend";
import { MinMaxScaler } from "./min-max-scaler.js";
import type { Scaler } from "./scaler.js";
import { StandardScaler } from "./standard-scaler.js";

/**
 * Brings back a scaler of either kind from what its `toJSON` returned.
 *
 * @throws FormatError if the JSON is malformed
 * @example
 * scalerFromJSON(JSON.parse(JSON.stringify(scaler)));
 */
export function scalerFromJSON(json: unknown): Scaler {
  const kind = typeof json === "object" && json !== null && "kind" in json ? json.kind : undefined;
  if (kind === "StandardScaler") return StandardScaler.fromJSON(json);
  if (kind === "MinMaxScaler") return MinMaxScaler.fromJSON(json);
  throw new FormatError(
    "scalerFromJSON",
    "the JSON names no known scaler",
    '"kind" must be "StandardScaler" or "MinMaxScaler"',
  );
}
