/** A defence, as something that can be taken out. */
export interface Defence {
  readonly attack: string;
  readonly file: string;
  /** Text that is in the file once. */
  readonly take: string;
  /** What stands there when the defence is gone. */
  readonly put: string;
  /** The test file, and the name of its test. */
  readonly test: string;
  readonly name: string;
}

/** The file of attacks on a part of evidence. */
export const attacks = (part: string): string => `evidence/test/attacks/${part}.test.ts`;

/** Tests of defences in several parts. */
export const KEYRING: string = "evidence/test/trust/keyring.test.ts";
export const PACK: string = "evidence/test/pack/pack-file.test.ts";
