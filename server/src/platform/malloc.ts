import koffi from 'koffi';

type Trim = (pad: number) => number;
let trim: Trim | false | undefined;

function bind(): Trim | false {
  try {
    return koffi.load(null).func('int malloc_trim(size_t)') as unknown as Trim;
  } catch {
    // A C library that gives freed memory back by itself.
    return false;
  }
}

/**
 * Gives the system the pages back that buffers took and that are free again: glibc keeps those that lie below anything still
 * in use, 15 MB after an hour of 10,000 devices was packed. Takes some 2 ms.
 */
export function trimMalloc(): void {
  trim ??= bind();
  if (trim) trim(0);
}
