// The time, for ages and things that run.
import { useEffect, useRef, useState } from 'preact/hooks';

/** Now, told anew every so often. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** A value that changes no oftener than this; it ends at the last one. */
export function useSlowly(value: number, everyMs: number): number {
  const [seen, setSeen] = useState(value);
  const latest = useRef(value);
  latest.current = value;
  const isWaiting = useRef(false);
  useEffect(() => {
    if (isWaiting.current || value === seen) return;
    isWaiting.current = true;
    setTimeout(() => {
      isWaiting.current = false;
      setSeen(latest.current);
    }, everyMs);
  }, [value, seen]);
  return seen;
}
