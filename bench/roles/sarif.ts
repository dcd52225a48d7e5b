// Reads the findings of a SARIF report back, as a tool that shows them would.
import { z } from 'zod';
import type { Spot } from './score.ts';

const Location = z.object({
  physicalLocation: z.object({ artifactLocation: z.object({ uri: z.string() }), region: z.object({ startLine: z.int() }).optional() }),
});

const Sarif = z.object({
  runs: z.array(z.object({ results: z.array(z.object({ ruleId: z.string(), message: z.object({ text: z.string() }), locations: z.array(Location).min(1), relatedLocations: z.array(Location).default([]) })) })).length(1),
});

/** A finding with what the report says of it. */
export interface ReportedSpot extends Spot {
  readonly message: string;
}

const pathOf = ({ physicalLocation }: z.infer<typeof Location>) => decodeURIComponent(physicalLocation.artifactLocation.uri);

/** The findings of a report of one run. */
export function readSarif(text: string): readonly ReportedSpot[] {
  const { runs } = Sarif.parse(JSON.parse(text));
  return runs.flatMap(({ results }) =>
    results.flatMap(({ ruleId, message, locations: [first], relatedLocations }) =>
      first === undefined ? [] : [{ rule: ruleId, path: pathOf(first), line: first.physicalLocation.region?.startLine ?? 1, related: relatedLocations.map(pathOf), message: message.text }],
    ),
  );
}
