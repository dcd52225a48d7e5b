// Pools: who can take tasks, and how busy they are.
import type { PoolList } from '#api/console.ts';
import { words } from '../model/tone.ts';
import { Refusal, useAsked } from './ask.tsx';
import { Nothing, Share } from './marks.tsx';
import { useNow } from './now.tsx';

/** All pools that may be seen. */
export function PoolsView() {
  const turn = Math.floor(useNow(5000) / 5000);
  const asked = useAsked<PoolList>('/api/pools', turn);
  if (asked.kind === 'refused') return <Refusal refused={asked.refused} />;
  return (
    <main class="pools">
      <div class="tools">
        <h1>Pools</h1>
      </div>
      {asked.kind === 'waiting' ? <Nothing>Reading pools …</Nothing> : <Table pools={asked.value.pools} />}
    </main>
  );
}

function Table({ pools }: PoolList) {
  if (pools.length === 0) return <Nothing>There is no pool that you may see.</Nothing>;
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            {['Pool', 'State', 'Roles', 'Agents ready', 'Busy', 'Slots', 'Tasks that wait'].map((title) => (
              <th key={title} scope="col">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {pools.map((pool) => (
            <tr key={`${pool.namespace}/${pool.name}`}>
              <th scope="row">
                {pool.name}
                <small>{pool.namespace}</small>
              </th>
              <td>{pool.mode === 'Serve' ? words(pool.state) : `${words(pool.state)}, ${words(pool.mode)}`}</td>
              <td>{pool.agentTypes.join(', ')}</td>
              <td>
                <Share done={pool.ready} total={pool.desired} what="agents ready" />
              </td>
              <td class="number">{pool.busy}</td>
              <td class="number">{pool.slots}</td>
              <td class="number">{pool.queued}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
