'use client';
import { useEffect, useEffectEvent } from 'react';
import { useRouter } from 'next/navigation';
import { PAGES } from './pages.ts';

const SECOND_KEY_MS = 1200;

/** Keys that work on every page, unless somebody is typing. */
export function useShortcuts({ onPalette, onHelp }: { onPalette(): void; onHelp(): void }): void {
  const router = useRouter();
  const palette = useEffectEvent(onPalette);
  const help = useEffectEvent(onHelp);

  useEffect(() => {
    let goUntil = 0;
    function onKey(event: KeyboardEvent): void {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return palette();
      }
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      if (goUntil > event.timeStamp) {
        goUntil = 0;
        const page = PAGES.find(({ key }) => key === event.key);
        if (page) {
          event.preventDefault();
          router.push(page.href);
        }
        return;
      }
      if (event.key === 'g') goUntil = event.timeStamp + SECOND_KEY_MS;
      else if (event.key === '?') help();
      else if (event.key === '/') press(event, '[data-filter]');
      else if (event.key === 't') press(event, '#time-range');
      else if (event.key === 'a') press(event, '[data-add]');
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [router]);
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input, textarea, select, [role="dialog"], [role="menu"]') !== null;
}

/** Goes to what the page marked for a key: a field gets the cursor, a button its press. */
function press(event: KeyboardEvent, selector: string): void {
  const found = document.querySelector<HTMLElement>(selector);
  if (!found) return;
  event.preventDefault();
  found.focus();
  if (found.tagName === 'BUTTON') {
    // The menu library opens on pointerdown or Enter, not on click().
    if (found.ariaHasPopup === 'menu')
      found.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
    else found.click();
  }
}
