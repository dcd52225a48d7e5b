// The keyboard: one listener, and the list of keys that the help shows.
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';

export const keyTexts = [
  ['j  k', 'next and previous mission or task'],
  ['Enter', 'open it'],
  ['Esc', 'go back, close, or leave the filter'],
  ['/', 'filter missions'],
  ['← →', 'move through time, on the slider'],
  ['[  ]', 'one event back and forth'],
  ['space', 'play or pause the replay'],
  ['l', 'back to now'],
  ['g m', 'missions'],
  ['g p', 'pools'],
  ['g s', 'statistics'],
  ['?', 'this help'],
] as const;

/** Calls the handler of a key unless somebody writes. A handler that gives false leaves the key to the browser. */
export function useKeys(handlers: Readonly<Record<string, (() => boolean | void) | undefined>>): void {
  // Keys may come faster than effects run: each finds the handlers of the last drawing.
  const latest = useRef(handlers);
  latest.current = handlers;
  useLayoutEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const handle = latest.current[event.key];
      if (handle === undefined || isForOthers(event)) return;
      if (handle() !== false) event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function isForOthers(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return true;
  const target = event.target as HTMLElement;
  if (target.matches('input:not([type=range]), select, textarea')) return event.key !== 'Escape';
  // A button or a link does what it says.
  return (event.key === 'Enter' || event.key === ' ') && target.matches('a, button, summary');
}

/** The keys, in a dialog. */
export function Help({ onClose }: { readonly onClose: () => void }) {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent) => {
    // Whatever is behind the dialog must not hear of it.
    event.stopPropagation();
    if (event.key === 'Escape' || event.key === '?') onClose();
  };
  return (
    <div class="veil" onClick={onClose}>
      <div class="help" role="dialog" aria-modal="true" aria-labelledby="help-title" onClick={(event) => event.stopPropagation()} onKeyDown={onKeyDown}>
        <h2 id="help-title">Keys</h2>
        <dl>
          {keyTexts.map(([keys, text]) => (
            <div key={keys}>
              <dt>
                {keys.split(/\s{2,}/).map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{text}</dd>
            </div>
          ))}
        </dl>
        <button ref={close} type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </div>
  );
}
