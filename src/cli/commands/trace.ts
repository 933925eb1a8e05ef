import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { type CliOptions, withOptions } from '../options.ts';

const examples = `
Examples:
  bootctl trace job.trace                          what happened in a job that ran with --trace job.trace
  bootctl trace job.trace -v                       every single transfer
  bootctl trace job.trace --vcd job.vcd            for GTKWave, PulseView or sigrok-cli`;

export interface TraceOptions extends CliOptions {
  /** File that the waveforms go to. */
  readonly vcd?: string;
}

/** Shows what `--trace` has recorded. */
export function traceCommand(context: CliContext): Command {
  const command = new Command('trace')
    .description('show a recorded job as a timeline, or export its lines and states as waveforms')
    .argument('<file>', 'a trace, recorded with --trace')
    .option('--vcd <file>', 'write lines, pins, USB presence and machine states as a VCD file instead')
    .option('-v, --verbose', 'show every row; otherwise those that repeat are folded')
    .addHelpText('after', examples)
    .action(async (file: string, options: TraceOptions) => {
      const { showTrace } = await import('../show-trace.ts');
      await showTrace(context, file, options);
    });
  return withOptions(command, context.env, ['json']);
}
