/** Says how far a step is: one line that grows on a terminal, a line at every tenth otherwise. */
export function createProgress(step, steps, what) {
  const head = `[${step}/${steps}] ${what}`;
  const terminal = process.stdout.isTTY === true;
  let shown = -1;
  function clear() {
    if (terminal) process.stdout.write('\r\u001B[K');
  }
  return {
    update(fraction) {
      const percent = Math.max(shown, Math.min(99, Math.floor(fraction * 100)));
      if (percent === shown || (!terminal && percent < shown + 10 && shown >= 0)) return;
      shown = percent;
      if (terminal) process.stdout.write(`\r\u001B[K${head}… ${percent} %`);
      else console.log(`${head}… ${percent} %`);
    },
    done(how = 'done') {
      clear();
      console.log(`${head}: ${how}`);
    },
    failed() {
      clear();
    },
  };
}

/** "12.3 s" since an instant of `performance.now()`. */
export function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

/** A failure that the user can mend: one sentence with its remedy, printed without a stack trace. */
export class SetupError extends Error {}

/** Runs the script's main function; a failure becomes one line and exit status 1. */
export async function runScript(main) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof SetupError ? `sotp: ${error.message}` : error);
    process.exitCode = 1;
  }
}
