// What a test asks inside the page: who would not get along with it. It is not part of the page.

/** Things that a screen reader would have no name for. */
export function unnamed(): string[] {
  const named = (element: Element) => (element.getAttribute('aria-label') ?? element.getAttribute('aria-labelledby') ?? element.textContent ?? '').trim() !== '';
  const asked = document.querySelectorAll('button, a, select, input, [role=button], [role=img], [role=table], [role=dialog], section, nav');
  const without = [...asked].filter((element) => !named(element) && element.querySelector('title') === null);
  const marks = [...document.querySelectorAll('.mark')].filter((mark) => mark.getAttribute('aria-hidden') !== 'true');
  return [...without, ...marks].map((element) => element.outerHTML.slice(0, 120));
}

/** Texts whose contrast with what is behind them is less than 4.5 to 1. */
export function faint(): string[] {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (colour: string): number[] => {
    if (canvas === null) return [];
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r = 0, g = 0, b = 0]: number[]) => [r, g, b].map((value) => (value / 255 <= 0.03928 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)).reduce((sum, value, index) => sum + value * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
  const behind = (element: Element | null): number[] => {
    for (let at = element; at !== null; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if ((colour[3] ?? 0) > 250) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')].filter((element) => !(element instanceof SVGElement) && !element.matches(':disabled, option') && [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== ''));
  const ratio = (element: Element) => {
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return texts.filter((element) => ratio(element) < 4.5).map((element) => `${element.tagName}.${element.className} ${ratio(element).toFixed(2)} ${element.textContent?.slice(0, 40) ?? ''}`);
}
