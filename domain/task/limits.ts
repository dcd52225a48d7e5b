// How large the free-form parts of a result may be: they live in etcd, once per task.
import { jsonFault, jsonLimits } from '#api/v1alpha1/json.ts';

const encoder = new TextEncoder();

/** What is wrong with the free-form parts of a result, or undefined: each within its limits, and 2 KiB together. */
export function resultFault(observed: unknown, claimed: unknown): string | undefined {
  const fault = jsonFault(observed, 'observed') ?? jsonFault(claimed, 'claimed');
  if (fault !== undefined) return fault;
  const bytes = encoder.encode(JSON.stringify(observed)).length + encoder.encode(JSON.stringify(claimed)).length;
  return bytes > jsonLimits.maxBytes ? `observed and claimed: ${bytes} bytes together, the limit is ${jsonLimits.maxBytes}` : undefined;
}
