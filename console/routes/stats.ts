// Named questions about what happened, as the mirror answers them; whether the caller may ask is looked at here first, so that a refusal is written down here too.
import { StatsParameters, statsTemplate } from '#api/stats.ts';
import { LabelName } from '#api/v1alpha1/schema.ts';
import type { App, AppOptions } from '../parts.ts';
import { type Asked, noName, refused } from './asked.ts';

const noQuestion = { status: 400, error: 'there is no such question, or one of its parameters is not valid', next: 'docs/analytics.md lists what may be asked' } as const;

/** Adds them. */
export function statsRoutes(app: App, { gate, others }: AppOptions): void {
  app.get('/api/stats/:namespace/:template', async (c) => {
    const [namespace, template] = [c.req.param('namespace'), c.req.param('template')];
    if (!LabelName.safeParse(namespace).success) return refused(c, noName);
    const parameters = parametersIn(c);
    if (parameters === undefined || statsTemplate(template) === undefined) return refused(c, noQuestion);
    const { mission } = parameters;
    const refusal = await gate.refuses(c.get('caller'), [mission === undefined ? { verb: 'list', resource: 'missions', namespace } : { verb: 'get', resource: 'missions', namespace, name: mission }]);
    if (refusal !== undefined) return refused(c, refusal);
    const answer = await others.stats({ authorization: c.get('caller').authorization, namespace, template, parameters, signal: c.req.raw.signal });
    if (answer.kind === 'answer') return c.json(answer.value);
    return c.json({ error: answer.why, next: answer.next }, answer.kind === 'off' ? 501 : 502);
  });
}

function parametersIn(c: Asked): Partial<StatsParameters> | undefined {
  const { limit, ...texts } = c.req.query();
  const { data } = StatsParameters.safeParse({ ...texts, ...(limit === undefined ? {} : { limit: Number(limit) }) });
  return data;
}
