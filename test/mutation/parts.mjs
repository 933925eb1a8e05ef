/**
 * What is mutated, and by which tests. The tests of a part are those of its subject that run in seconds. None of them starts
 * a process or reads a source file, for sources are full of mutants where they run.
 */
export const parts = {
  machines: {
    mutate: [
      'machines/*.policy.ts',
      'machines/*.machine.ts',
      'machines/{flash-condition,target-state,unprovided}.ts',
      '!machines/{boot-entry,calibration,fleet,learning,pairing,rack,slot,station}*.ts',
    ],
    tests: [
      'test/machines/{boot-entry,boot-entry-by-hand,boot-proof,flash,leave,line-sequence,recover,recover-target}.test.ts',
      'test/machines/{policies,restore,usart-rate,usb-watch,verify}.test.ts',
    ],
    testTimeout: 3_000,
  },
  'boot-entry': {
    mutate: ['machines/boot-entry.*.ts'],
    tests: ['test/machines/{boot-entry,boot-entry-by-hand,boot-entry-policy,boot-proof}.test.ts'],
    testTimeout: 3_000,
  },
  calibration: {
    mutate: ['machines/calibration.*.ts'],
    tests: ['test/machines/calibration*.test.ts'],
    testTimeout: 3_000,
  },
  jig: {
    mutate: ['machines/{pairing,slot,slot-alarm,station}.*.ts', 'machines/station-reason.ts'],
    tests: [
      'test/machines/{pairing,slot,slot-again,slot-alarm-policy,station}.test.ts',
      'test/unit/jig-reasons.test.ts',
    ],
    testTimeout: 3_000,
  },
  fleet: {
    mutate: ['machines/{fleet,rack}-*.ts'],
    tests: ['test/machines/{fleet-hold,fleet-link,rack-worker}.test.ts', 'test/unit/beat-watch.test.ts'],
    testTimeout: 3_000,
  },
  learning: {
    mutate: ['machines/learning*.ts'],
    tests: ['test/machines/learning*.test.ts'],
    testTimeout: 5_000,
  },
  predict: {
    mutate: ['src/board/learning/{experiment,hypotheses,predict}.ts'],
    tests: ['test/unit/learning-predict.test.ts'],
    testTimeout: 5_000,
  },
  circuit: {
    mutate: ['src/board/circuit/*.ts'],
    tests: [
      'test/unit/{board-lines,circuit-figures,corners,host-lines,ladder,planner,profile-warnings}.test.ts',
      'test/unit/{rc,wiring}.test.ts',
    ],
    testTimeout: 3_000,
  },
  lines: {
    // Not the table of known adapters: a test of its rows would be the table again.
    mutate: ['src/ops/job/adapter/*.ts', '!src/ops/job/adapter/known-adapters.ts', 'src/host/serial/lines.ts'],
    tests: [
      'test/unit/{adapter-choice,adapters-without-port,board-lines,line-driver}.test.ts',
      'test/unit/{node-serial-lines,without-port}.test.ts',
    ],
    testTimeout: 5_000,
  },
  an3155: {
    mutate: ['src/protocol/an3155/*.ts'],
    tests: ['test/unit/an3155-*.test.ts'],
    testTimeout: 5_000,
  },
  dfu: {
    mutate: ['src/protocol/{dfu,dfuse,usb}/*.ts'],
    tests: ['test/unit/{dfu-descriptors,dfuse-*,memory-layout,queued-transfers}.test.ts'],
    testTimeout: 5_000,
  },
  engine: {
    mutate: [
      'src/ops/engine/{coverage,padding,runs,flash-plan,wide-erase,compare-flash,compare-runs,flash-reader}.ts',
      'src/ops/engine/{exact-reader,erase-sector,write-protection,verify-flash,read-twice,mass-erase,flash-phase}.ts',
      'src/ops/engine/{memory-range,same-board,keep-sector,keep-around,flash,try-block,restored-image}.ts',
    ],
    tests: [
      'test/unit/{compare-flash,coverage,erase-sector,flash-phase,flash-plan,flash-reader}.test.ts',
      'test/unit/{flash-target,judge-mass-erase,keep-around,memory-range,restored-image,runs,same-board}.test.ts',
      'test/unit/{try-block,verify-flash}.test.ts',
    ],
    testTimeout: 5_000,
  },
  'image-target': {
    mutate: ['src/ops/engine/{check-image,image-notes,image-target}.ts'],
    tests: [
      'test/unit/{application-start,check-image,check-origin,image-aliases,image-notes,image-target}.test.ts',
      'test/unit/{linked-base,other-memories}.test.ts',
    ],
    testTimeout: 5_000,
  },
  bootloader: {
    mutate: ['src/ops/bootloader/{block-numbers,failed-read,usart-bootloader,usart-rates}.ts'],
    tests: ['test/unit/{bootloader-proofs,usart-bootloader,usart-rates,usart-target}.test.ts'],
    testTimeout: 5_000,
  },
  'bootloader-jobs': {
    mutate: [
      'src/ops/bootloader/*.ts',
      '!src/ops/bootloader/{block-numbers,failed-read,usart-bootloader,usart-rates}.ts',
    ],
    tests: ['test/sim/{block-numbers,clones,commands,engine,quirk-commands}.test.ts'],
    testTimeout: 20_000,
  },
  learn: {
    mutate: ['src/ops/learn/*.ts', 'src/board/learning/{fitting-circuit,learned-board,learned-profile}.ts'],
    tests: ['test/sim/learn*.test.ts', 'test/cli/learn.test.ts'],
    testTimeout: 20_000,
  },
  entry: {
    mutate: ['src/ops/entry/*.ts'],
    tests: [
      'test/unit/diagnose.test.ts',
      'test/sim/{already-there,ladder,look-alike,manual,own-application,own-entry,same-target}.test.ts',
    ],
    testTimeout: 20_000,
  },
};
