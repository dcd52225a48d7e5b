// How the mirror is, as it says in an annotation of the Lease that it holds: the operator reads it there and tells it on pools.
import { z } from 'zod';

/** What may be wrong with a store, in words that name no host, user or file: what a store says itself stays in the log of the mirror. */
export const partFaults = {
  unreachable: 'nobody answers at its address',
  slow: 'it does not answer in time',
  denied: 'it refuses the credentials, or what they may do',
  untrusted: 'its certificate, or that of the mirror, is not accepted',
  full: 'it has no room',
  failing: 'it answers with an error',
} as const;
export type PartFault = keyof typeof partFaults;

const faults = Object.keys(partFaults) as [PartFault, ...PartFault[]];

/** One part of the mirror. `off`: it is not configured. */
export const PartReport = z.object({
  state: z.enum(['off', 'well', 'down']),
  /** Since when, by the clock of the mirror. */
  since: z.iso.datetime(),
  fault: z.enum(faults).optional(),
});
export type PartReport = z.infer<typeof PartReport>;

const PartName = z.string().max(32).regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);

/** All parts by their names. */
export const PartReports = z.record(PartName, PartReport).refine((reports) => Object.keys(reports).length <= 16, 'at most 16 parts');
export type PartReports = z.infer<typeof PartReports>;

/** The text of the annotation: equal reports are equal texts. */
export function writeParts(reports: PartReports): string {
  return JSON.stringify(Object.fromEntries(Object.entries(reports).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

const longestText = 4096;

/** Reports from an annotation; undefined for none and for what is not valid. */
export function readParts(text: string | undefined): PartReports | undefined {
  if (text === undefined || text.length > longestText) return undefined;
  try {
    return PartReports.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
