import { runProgram } from '#app/cli/program.ts';

process.exitCode = await runProgram(process.argv.slice(2));
