// How wide there is room.
import { useEffect, useState } from 'preact/hooks';

/** Width of an element in pixels, also after it has changed; `first` until it is known. */
export function useWidth(element: HTMLElement | null, first: number): number {
  const [width, setWidth] = useState(first);
  useEffect(() => {
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.max(240, Math.floor(entry?.contentRect.width ?? first))));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return width;
}
