// What came of an effect, of which most are requests.
import type { EffectResult } from "@reach-fabric/engine";

/** What came of an effect: what is recorded, and beside it what the operator may want to know. */
export interface Performed<R extends object = object> extends EffectResult<R> {
  /** Why it failed: never recorded in the trace, without content of request or answer. */
  readonly note?: EffectNote;
}

/** A remark for the operator about one effect. */
export interface EffectNote {
  readonly code: string;
  readonly why: string;
}
