interface Named {
  readonly ifIndex: number;
  readonly ifName: string | null;
  readonly ifDescr: string | null;
}

const isPart = (char: string | undefined) => char !== undefined && /[\w/.-]/.test(char);

/** True when the name stands in the text by itself: `Gi0/1` is not in `Gi0/12`. */
function stands(text: string, name: string): boolean {
  for (let at = text.indexOf(name); at !== -1; at = text.indexOf(name, at + 1)) {
    const behind = text.slice(at + name.length);
    // A full stop ends a sentence, a dot before a digit names a subinterface.
    if (!isPart(text[at - 1]) && (!isPart(behind[0]) || /^\.(\s|$)/.test(behind))) return true;
  }
  return false;
}

/** The interface that the text names, by either of its names; the one with the longest name when it names several. */
export function mentionedInterface<I extends Named>(text: string, interfaces: readonly I[]): I | undefined {
  let best: I | undefined;
  let longest = 1;
  for (const one of interfaces) {
    for (const name of [one.ifName, one.ifDescr]) {
      if (!name || name.length <= longest || !/\d/.test(name) || !stands(text, name)) continue;
      best = one;
      longest = name.length;
    }
  }
  return best;
}
